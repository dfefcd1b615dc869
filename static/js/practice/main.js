// The practice screen: joins the line, the state and the views. Everything it decides is who tells whom.

import { clock } from "./clock.js";
import { composer } from "./composer.js";
import { emptyState, openTurn, reduce, turnsInOrder } from "./frames.js";
import { randomId } from "./ids.js";
import { ledgerView } from "./ledger.js";
import { helpPanelView } from "./panel.js";
import { sideColumn } from "./side.js";
import { openLine } from "./socket.js";
import { conversationView } from "./view.js";

const HELP_WAIT_MS = 3000;
const OPENING_WORDS_AFTER_MS = 800;
const LINE_WORDS = {
  live: "",
  waiting: "The line is down. What you have read and sent is kept; I keep trying.",
  refused: "This session cannot be continued from here. Sign in again, or open it from your sessions.",
};

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("encounter-data").textContent);
const screen = byId("encounter");
const log = byId("conversation");
const page = { client: data.client, live: data.live, labels: data.labels, startState: data.initial_state ?? null };
let askedForHelp = false;
let opened = false;
let state = data.transcript.reduce(reduce, emptyState());
state = reduce(state, { type: "local.loaded", seq: 0, last_seq: data.last_seq });

const drawConversation = conversationView({ log, quiet: byId("growing"), scroller: byId("scroller"), page });
const drawHelp = helpPanelView({ root: byId("help-panel"), icons: screen.dataset.icons, asked: () => askedForHelp });
const ledger = data.show_ledger ? ledgerView({ root: byId("ledger"), page }) : null;
const message = composer({
  form: byId("composer"),
  maxChars: data.max_chars,
  onSend: (text, parentId) => say(text, parentId),
  onStop: () => stop(),
});
const side = sideColumn({
  screen,
  column: byId("side"),
  drawer: byId("drawer"),
  content: byId("instruments"),
  toggles: document.querySelectorAll("[data-toggle=instruments]"),
  letterKeys: byId("letter-keys"),
});
const time = clock({
  node: byId("clock"),
  startedAt: Date.parse(data.started),
  key: `pixelated.paused.${data.encounter_id}`,
});
let line = null;

function toEnd() {
  byId("growing").scrollIntoView({ block: "end" });
}

function draw() {
  const open = openTurn(state);
  drawConversation(state);
  drawHelp(state.panel);
  ledger?.render(state);
  message.setBusy(Boolean(open || state.pending));
  byId("answering").textContent = open ? `${data.client.short} is answering.` : "";
  if (state.ended) finish();
}

function take(frame) {
  const before = state;
  state = reduce(state, frame);
  if (state === before) return;
  draw();
  if (state.refusal && state.refusal !== before.refusal) {
    message.note(state.refusal.message);
    message.giveBack(state.refusal.text);
  }
  if (state.panel !== before.panel) {
    toEnd();
    if (!askedForHelp) byId("help-said").textContent = "Help is open above the message box.";
  }
  if (frame.type === "resumed") onResumed();
}

/** The whole talk is drawn: from here on, what is added is spoken aloud by a screen reader. */
function onResumed() {
  if (!opened) {
    opened = true;
    toEnd();
    requestAnimationFrame(() => log.setAttribute("aria-live", "polite"));
  }
  if (state.ended) line.close();
  else sendPending();
}

function say(text, parentId) {
  take({ type: "local.sent", seq: 0, client_id: randomId(), text, parent_id: parentId });
  sendPending();
}

function sendPending() {
  if (!state.pending) return;
  const { clientId, text, parentId } = state.pending;
  const frame = { type: "turn.send", client_id: clientId, text };
  line?.send(parentId === undefined ? frame : { ...frame, parent_id: parentId });
}

function stop() {
  const open = openTurn(state);
  if (open) line?.send({ type: "turn.stop", turn_id: open.id });
}

function askForHelp(event) {
  const turn = openTurn(state) ?? turnsInOrder(state).at(-1);
  if (!line?.send({ type: "about_me", turn_id: turn?.id ?? null })) return;
  event.preventDefault();
  askedForHelp = true;
  byId("help-panel").open = true;
  const panelBefore = state.panel;
  setTimeout(() => {
    if (state.panel === panelBefore) take(localHelp(event.target.closest("a").href));
  }, HELP_WAIT_MS);
}

function localHelp(href) {
  const { pathname } = new URL(href);
  return {
    type: "crisis.panel",
    seq: 0,
    title: "Help, for you",
    text: "The session waits. The help page has numbers to call and to text, and works without the rest.",
    actions: [{ label: "Open the help page", href: pathname, kind: "page" }],
  };
}

function onLine(word) {
  if (word === "waiting") take({ type: "local.disconnected", seq: 0 });
  if (word === "refused") message.pause(true);
  if (word === "connecting") return;
  const offline = word === "waiting" && !navigator.onLine;
  showLine(offline ? "You are offline. What you have read and sent is kept." : LINE_WORDS[word]);
}

function showLine(words) {
  byId("line").textContent = words;
  byId("line").hidden = !words;
}

/** Nothing can be said any more; what was said stays, and an ended session opened again still fills. */
function finish() {
  page.live = false;
  if (opened) line.close();
  byId("composer").hidden = true;
  byId("ended").hidden = false;
  for (const button of document.querySelectorAll("[data-part=differently], [data-part=again], [data-live]")) button.hidden = true;
}

function pause() {
  const paused = time.toggle();
  screen.classList.toggle("is-paused", paused);
  byId("pause-words").textContent = paused ? "Go on" : "Pause";
  byId("paused").hidden = !paused;
  message.pause(paused);
}

function onTurnTool(event) {
  const turn = state.turns[event.target.closest("[data-turn-id]")?.dataset.turnId];
  const tool = event.target.closest("button")?.dataset.part;
  if (!turn || !tool) return;
  if (tool === "again" && !state.pending && !openTurn(state)) say(turn.text, turn.parentId);
  if (tool === "differently") message.edit(turn);
  if (tool === "why") {
    ledger?.select(turn.id);
    side.reveal();
  }
}

screen.addEventListener("click", onTurnTool);
byId("about-me").addEventListener("click", askForHelp);
byId("pause").addEventListener("click", pause);
byId("end").addEventListener("submit", (event) => {
  if (byId("end-dialog").open) return;
  event.preventDefault();
  byId("end-dialog").showModal();
});
byId("end-no").addEventListener("click", () => byId("end-dialog").close());
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) stop();
});

draw();
toEnd();
const scheme = location.protocol === "https:" ? "wss:" : "ws:";
line = openLine({ url: `${scheme}//${location.host}${data.ws_path}`, lastSeq: () => state.lastSeq, onFrame: take, onLine });
setTimeout(() => !opened && showLine("Opening the session."), OPENING_WORDS_AFTER_MS);
if (data.live) byId("say").focus();
else finish();
