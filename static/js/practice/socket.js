// The line to the server: opens it, resumes after a break, waits longer each time, gives up only when told to.
// Knows frames as JSON and two of their types; what they mean is none of its business.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const PING_EVERY_MS = 20_000;
const REFUSED_FROM = 4400;
const REFUSED_TO = 4499;

/** Milliseconds before the given attempt (0 = first): doubling to 15 s, and a random half of it so that browsers spread. */
export function backoff(attempt, random = Math.random) {
  const ceiling = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempt, 10));
  return Math.round(ceiling / 2 + (ceiling / 2) * random());
}

/** Whether the server closed the line for good: an application code 4400-4499 (signed out, not yours, not there). */
export function isRefusal(code) {
  return code >= REFUSED_FROM && code <= REFUSED_TO;
}

/**
 * Keeps a WebSocket to `url` open. `lastSeq()` says where to resume; `onFrame(frame)` gets each parsed frame;
 * `onLine(word, code)` hears "connecting", "live", "waiting" or "refused". Returns {send, close}; send says whether
 * the frame left.
 */
export function openLine({ url, lastSeq, onFrame, onLine, WebSocketClass = WebSocket }) {
  let socket = null;
  let attempt = 0;
  let timer = 0;
  let live = false;
  let unanswered = false;
  let closed = false;

  function connect() {
    clearTimeout(timer);
    timer = 0;
    onLine("connecting");
    const opened = new WebSocketClass(url);
    socket = opened;
    opened.addEventListener("open", () => write({ type: "resume", after_seq: lastSeq() }));
    opened.addEventListener("message", (event) => opened === socket && receive(JSON.parse(event.data)));
    opened.addEventListener("close", (event) => opened === socket && lost(event.code));
  }

  /** The line is known to be dead: do not wait for it to say goodbye. */
  function drop() {
    const dead = socket;
    socket = null;
    dead?.close();
    lost(0);
  }

  function receive(frame) {
    unanswered = false;
    const caughtUp = frame.type === "resumed";
    if (caughtUp) {
      attempt = 0;
      live = true;
    }
    onFrame(frame);
    if (caughtUp) onLine("live");
  }

  function lost(code) {
    live = false;
    unanswered = false;
    if (closed) return;
    if (isRefusal(code)) {
      close();
      onLine("refused", code);
      return;
    }
    onLine("waiting");
    timer = setTimeout(connect, backoff(attempt));
    attempt += 1;
  }

  function write(frame) {
    if (socket?.readyState !== WebSocketClass.OPEN) return false;
    socket.send(JSON.stringify(frame));
    return true;
  }

  function ping() {
    if (unanswered) drop();
    else unanswered = write({ type: "ping" });
  }

  function hurry() {
    if (timer && !closed) connect();
  }

  function offline() {
    if (socket && !closed) drop();
  }

  function close() {
    closed = true;
    clearTimeout(timer);
    clearInterval(pinging);
    removeEventListener("online", hurry);
    removeEventListener("offline", offline);
    socket?.close();
  }

  const pinging = setInterval(ping, PING_EVERY_MS);
  addEventListener("online", hurry);
  addEventListener("offline", offline);
  connect();
  return { send: (frame) => live && write(frame), close };
}
