// How long the session has lasted, not counting pauses. A pause is a matter of this browser: the server waits anyway.

/** "12:40", or "1:02:05" from an hour on. */
export function clockWords(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

function remembered(key) {
  try {
    return Number(sessionStorage.getItem(key)) || 0;
  } catch {
    return 0;
  }
}

function remember(key, value) {
  try {
    sessionStorage.setItem(key, String(value));
  } catch {
    // A browser that keeps nothing counts the pause until the page is left.
  }
}

/** Runs `node` from `startedAt` (ms since the epoch). Returns {toggle} which says whether the session is paused. */
export function clock({ node, startedAt, key }) {
  let pausedMs = remembered(key);
  let pausedAt = 0;

  function draw() {
    node.textContent = clockWords((pausedAt || Date.now()) - startedAt - pausedMs);
  }

  draw();
  setInterval(draw, 1000);

  return {
    toggle() {
      if (pausedAt) {
        pausedMs += Date.now() - pausedAt;
        pausedAt = 0;
        remember(key, pausedMs);
      } else {
        pausedAt = Date.now();
      }
      draw();
      return Boolean(pausedAt);
    },
  };
}
