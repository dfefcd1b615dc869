// The instruments' place: a column on wide screens, a drawer on narrow ones, hidden with one key.
// Knows nothing of what they show.

const WIDE = "(min-width: 56.25rem)";
const HIDDEN = "pixelated.instruments-hidden";
const LETTERS_OFF = "pixelated.letter-keys-off";

function stored(key) {
  try {
    return localStorage.getItem(key) === "1";
  } catch {
    return false;
  }
}

function store(key, on) {
  try {
    if (on) localStorage.setItem(key, "1");
    else localStorage.removeItem(key);
  } catch {
    // Kept for this page only.
  }
}

/** Whether a key press means "hide or show": Alt+I anywhere, I alone outside text and only where letters are keys. */
export function isToggleKey(event, lettersOn) {
  if (event.key?.toLowerCase() !== "i" && event.code !== "KeyI") return false;
  if (event.ctrlKey || event.metaKey) return false;
  if (event.altKey) return true;
  return lettersOn && !event.target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");
}

/** Wires column, drawer, toggles and keys. Returns {reveal}: shows the instruments where they are. */
export function sideColumn({ screen, column, drawer, content, toggles, letterKeys }) {
  const wide = matchMedia(WIDE);
  let hidden = stored(HIDDEN);

  function isShown() {
    return wide.matches ? !hidden : drawer.open;
  }

  function draw() {
    if (wide.matches) {
      if (drawer.open) drawer.close();
      column.append(content);
    } else {
      drawer.querySelector("[data-part=drawer-body]").append(content);
    }
    column.hidden = hidden;
    screen.classList.toggle("is-alone", hidden);
    for (const toggle of toggles) toggle.setAttribute("aria-expanded", String(isShown()));
  }

  function set(shown) {
    if (wide.matches) {
      hidden = !shown;
      store(HIDDEN, hidden);
    } else if (shown) {
      drawer.showModal();
    } else {
      drawer.close();
    }
    draw();
  }

  letterKeys.checked = !stored(LETTERS_OFF);
  letterKeys.addEventListener("change", () => store(LETTERS_OFF, !letterKeys.checked));
  wide.addEventListener("change", draw);
  drawer.addEventListener("close", draw);
  for (const toggle of toggles) toggle.addEventListener("click", () => set(!isShown()));
  document.addEventListener("keydown", (event) => {
    if (!isToggleKey(event, letterKeys.checked)) return;
    event.preventDefault();
    set(!isShown());
  });
  draw();
  return {
    reveal() {
      if (!isShown()) set(true);
    },
  };
}
