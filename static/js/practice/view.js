// Draws the conversation. A reply grows in a quiet element; once finished it moves into the log, where a screen reader
// announces it. Knows what the state looks like, not where it comes from.

import { conversation, hasWords } from "./frames.js";

const NEAR_END_PX = 160;

const OUTCOMES = {
  STOPPED: "You stopped the reply here.",
  CANCELLED: "This turn was cancelled. It does not count.",
  REPLACED: "",
  ANSWERED: "",
};

function fromTemplate(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

function part(node, name) {
  const selector = `[data-part="${name}"]`;
  return node.matches(selector) ? node : node.querySelector(selector);
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Adds a piece of what the client said; its cue stands before the words. */
function appendSpoken(box, piece) {
  if (piece.cue && box.childElementCount === 0) {
    setText(part(box.closest("[data-voice]"), "cue"), piece.cue.text);
  } else if (piece.cue) {
    const cue = document.createElement("p");
    cue.className = "cue";
    cue.textContent = piece.cue.text;
    box.append(cue);
  }
  const last = box.lastElementChild;
  if (last?.matches(".said") && !piece.cue && !piece.replaces) {
    last.append(` ${piece.text}`);
    return;
  }
  const words = document.createElement("p");
  words.className = "said";
  words.textContent = piece.text;
  box.append(words);
}

/** Adds what is not drawn yet; starts again when a late piece belongs before one that stands there. */
function drawParts(box, parts) {
  const mark = (piece) => `${piece.seq},`;
  if (!parts.map(mark).join("").startsWith(box.dataset.drawn ?? "")) {
    box.replaceChildren();
    box.dataset.drawn = "";
  }
  const already = (box.dataset.drawn ?? "").split(",").length - 1;
  parts.slice(already).forEach((piece) => appendSpoken(box, piece));
  box.dataset.drawn = parts.map(mark).join("");
}

function drawUtterance(item, { client }) {
  const node = fromTemplate(item.kind === "opening" ? "client-says" : "helper-says");
  const who = part(node, "name");
  if (item.kind === "opening") setText(who, client.short);
  else setText(who, item.kind === "helper" ? "A helper" : "Notice");
  appendSpoken(part(node, "parts"), item);
  return node;
}

function drawLine(templateId, text) {
  const node = fromTemplate(templateId);
  setText(part(node, "text"), text);
  return node;
}

function drawTurn(item) {
  const node = fromTemplate("turn");
  node.dataset.turnId = item.id;
  setText(part(node, "you"), item.text);
  return node;
}

function asideWords(count, client) {
  const turns = count === 1 ? "One turn is" : `${count} turns are`;
  return `${turns} set aside: you said it differently. ${client.short} does not remember, but the transcript does.`;
}

/** Brings a turn's element to what is known of the turn; only adds, so nothing read or focused is torn away. */
function updateTurn(node, turn, page) {
  const reply = part(node, "reply");
  const box = part(reply, "parts");
  drawParts(box, turn.parts);
  reply.hidden = !hasWords(turn);
  setText(part(reply, "name"), page.client.short);
  part(node, "waiting").hidden = turn.status !== "OPEN";
  if (node.dataset.status === turn.status) return;
  node.dataset.status = turn.status;
  part(node, "why").hidden = !turn.ledger;
  part(node, "differently").hidden = turn.status === "OPEN" || !page.live;
  drawOutcome(node, turn, page);
}

function drawOutcome(node, turn, page) {
  const failed = turn.status === "FAILED";
  const words = failed
    ? turn.error?.message || "The reply did not come. What you wrote is kept."
    : (OUTCOMES[turn.status] ?? "");
  setText(part(node, "outcome-text"), words);
  part(node, "again").hidden = !(failed && page.live && turn.error?.retryable !== false);
  part(node, "outcome").hidden = !words;
}

/**
 * Draws into `log` (finished) and `quiet` (still growing). `page` is {client, live}. Returns render(state).
 */
export function conversationView({ log, quiet, scroller, page }) {
  const nodes = new Map();

  function nodeFor(entry) {
    if (entry.kind === "turn") return drawTurn(entry.item);
    if (entry.kind === "utterance") return drawUtterance(entry.item, page);
    if (entry.kind === "notice") return drawLine("notice-line", entry.item.text);
    if (entry.kind === "aside") return drawLine("aside-line", asideWords(entry.count, page.client));
    return drawLine("pending-turn", entry.item.text);
  }

  /** Puts a node into its home, right after the entry drawn there before it. */
  function place(entry, node, lastIn) {
    const growing = entry.kind === "pending" || (entry.kind === "turn" && entry.item.status === "OPEN");
    const home = growing ? quiet : log;
    const last = lastIn.get(home);
    const standing = last ? last.nextElementSibling : home.firstElementChild;
    if (standing !== node) home.insertBefore(node, standing);
    lastIn.set(home, node);
  }

  function isNearEnd() {
    const box = getComputedStyle(scroller).overflowY === "visible" ? document.documentElement : scroller;
    return box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END_PX;
  }

  return function render(state) {
    const stay = isNearEnd();
    const wanted = conversation(state);
    const keys = new Set(wanted.map((entry) => entry.key));
    for (const [key, node] of nodes) {
      if (keys.has(key)) continue;
      node.remove();
      nodes.delete(key);
    }
    const lastIn = new Map();
    for (const entry of wanted) {
      const node = nodes.get(entry.key) ?? nodeFor(entry);
      nodes.set(entry.key, node);
      if (entry.kind === "turn") updateTurn(node, entry.item, page);
      if (entry.kind === "aside") setText(part(node, "text"), asideWords(entry.count, page.client));
      place(entry, node, lastIn);
    }
    if (stay) quiet.scrollIntoView({ block: "end" });
  };
}
