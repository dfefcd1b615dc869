import assert from "node:assert/strict";
import { test } from "node:test";

import { conversation, currentBranch, emptyState, hasWords, openTurn, reduce } from "../../static/js/practice/frames.js";

const opening = { type: "utterance", seq: 1, utterance_id: "u1", kind: "opening", text: "So. Talk.", cue: null };
const accepted = (seq, id, parent = null, n = 1) => ({
  type: "turn.accepted", seq, turn_id: id, client_id: `c-${id}`, parent_id: parent, text: `said ${id}`, n,
});
const segment = (seq, id, text) => ({ type: "turn.segment", seq, turn_id: id, n: 0, text, cue: null });
const finished = (seq, id, status = "ANSWERED", extra = {}) => ({
  type: "turn.finished", seq, turn_id: id, status, source: "model", ledger: null, coach: null, error: null, ...extra,
});
const session = [
  opening, accepted(2, "a"), segment(3, "a", "One."), segment(4, "a", "Two."), finished(5, "a"),
  accepted(6, "b", "a", 2), segment(7, "b", "Three."), finished(8, "b"),
];
const play = (frames, start = emptyState()) => frames.reduce(reduce, start);
const shown = (state) => conversation(state).map((entry) => entry.key);
const words = (state) => currentBranch(state).map((turn) => turn.parts.map((part) => part.text).join(" "));

test("a session is shown in the encounter's order", () => {
  const state = play(session);
  assert.deepEqual(shown(state), ["u1", "ta", "tb"]);
  assert.deepEqual(words(state), ["One. Two.", "Three."]);
  assert.equal(state.lastSeq, 8);
});

test("a frame that comes twice changes nothing", () => {
  const once = play(session);
  assert.equal(play(session, once), once);
});

test("frames in any order end in the same conversation", () => {
  const expected = play(session);
  let seed = 7;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (let round = 0; round < 200; round += 1) {
    const mixed = [...session, ...session].map((frame) => [random(), frame]).sort((x, y) => x[0] - y[0]);
    const state = play(mixed.map(([, frame]) => frame));
    assert.deepEqual(conversation(state), conversation(expected));
    assert.deepEqual(words(state), words(expected));
  }
});

test("a turn is open until it is finished", () => {
  assert.equal(openTurn(play(session.slice(0, 4))).id, "a");
  assert.equal(openTurn(play(session.slice(0, 5))), null);
});

test("the resume point stands still until the resume is complete", () => {
  let state = play(session.slice(0, 3));
  state = reduce(state, { type: "local.disconnected", seq: 0 });
  state = reduce(state, finished(8, "a"));
  assert.equal(state.lastSeq, 3);
  state = reduce(state, { type: "resumed", seq: 0, last_seq: 8, live: true, open_turn_id: null });
  assert.equal(state.lastSeq, 8);
});

test("saying a turn differently sets the old one and what followed aside", () => {
  const state = play([...session, accepted(9, "c", null, 1), segment(10, "c", "Other.")]);
  const entries = conversation(state);
  assert.deepEqual(entries.map((entry) => entry.kind), ["utterance", "aside", "turn"]);
  assert.equal(entries[1].count, 2);
});

test("a failed turn without words disappears when it is tried again", () => {
  const error = { code: "worker_away", message: "No answer came.", retryable: true };
  const failed = play([opening, accepted(2, "a"), finished(3, "a", "FAILED", { error })]);
  assert.equal(currentBranch(failed)[0].error.code, "worker_away");
  assert.deepEqual(shown(play([accepted(4, "b")], failed)), ["u1", "tb"]);
});

test("a message is pending until it is accepted by its client id", () => {
  const sent = reduce(play([opening]), { type: "local.sent", seq: 0, client_id: "c-a", text: "said a" });
  assert.deepEqual(shown(sent), ["u1", "pending"]);
  assert.deepEqual(shown(reduce(sent, accepted(2, "other"))), ["u1", "tother", "pending"]);
  assert.deepEqual(shown(reduce(sent, accepted(2, "a"))), ["u1", "ta"]);
});

test("a refused message goes back with the server's words", () => {
  const sent = reduce(emptyState(), { type: "local.sent", seq: 0, client_id: "c-a", text: "too much" });
  const state = reduce(sent, { type: "error", seq: 0, code: "too_long", message: "Too long.", client_id: "c-a" });
  assert.equal(state.pending, null);
  assert.deepEqual(state.refusal, { code: "too_long", message: "Too long.", text: "too much" });
});

test("words that replace others come after what was already shown", () => {
  const replaced = { type: "turn.replaced", seq: 8, turn_id: "a", text: "Let me stop there.", why: "judged" };
  const state = play([opening, accepted(2, "a"), segment(3, "a", "One."), replaced]);
  assert.deepEqual(state.turns.a.parts.map((part) => [part.text, part.replaces]), [
    ["One.", false], ["Let me stop there.", true],
  ]);
});

test("a replacement without words of its own starts a new piece and shows nothing by itself", () => {
  const replaced = { type: "turn.replaced", seq: 3, turn_id: "a", why: "judged" };
  const before = play([opening, accepted(2, "a"), replaced]);
  assert.equal(hasWords(before.turns.a), false);
  const after = reduce(before, segment(4, "a", "Let me stop there."));
  assert.deepEqual(after.turns.a.parts.map((part) => part.text), ["", "Let me stop there."]);
});

test("a resume into an ended session ends it here too", () => {
  assert.equal(play([opening, { type: "resumed", seq: 0, last_seq: 1, live: false }]).ended, true);
});

test("an older help panel does not cover a newer one", () => {
  const panel = (seq, title) => ({ type: "crisis.panel", seq, panel: "about_me", title, text: "", actions: [] });
  assert.equal(play([panel(5, "later"), panel(4, "earlier")]).panel.title, "later");
});

test("an unknown frame changes nothing but its place in the order", () => {
  const state = play([opening, { type: "something.else", seq: 2 }]);
  assert.deepEqual(shown(state), ["u1"]);
  assert.equal(state.lastSeq, 2);
});
