// The session as the browser knows it: a pure function from state and frame to state, and questions about it.
// Frames may come twice, late or out of order; the result is the same. Knows neither the page nor the socket.

/**
 * @typedef {{id: string, channel: string, text: string}} Cue
 * @typedef {{seq: number, text: string, cue: Cue | null, replaces: boolean}} Part
 * @typedef {{id: string, seq: number, parentId: string | null, text: string, n: number, parts: Part[],
 *   status: string, source: string, ledger: object | null, error: object | null}} Turn
 */

/** Nothing said yet. `lastSeq` is where a reconnecting browser resumes; it stands still until a resume is complete. */
export function emptyState() {
  return {
    seen: new Set(),
    lastSeq: 0,
    caughtUp: true,
    turns: {},
    utterances: [],
    notices: [],
    accepted: new Set(),
    pending: null,
    refusal: null,
    panel: null,
    ended: false,
  };
}

const unknownTurn = {
  seq: 0, parentId: null, text: "", n: 0, parts: [], status: "OPEN", source: "", ledger: null, error: null,
};

function withTurn(state, id, change) {
  const before = state.turns[id] ?? { ...unknownTurn, id };
  return { ...state, turns: { ...state.turns, [id]: { ...before, ...change(before) } } };
}

function withPart(state, frame, part) {
  return withTurn(state, frame.turn_id, (turn) => ({
    parts: [...turn.parts, { seq: frame.seq, ...part }].sort((a, b) => a.seq - b.seq),
  }));
}

function inOrder(list, item) {
  return [...list, item].sort((a, b) => a.seq - b.seq);
}

const HANDLERS = {
  "turn.accepted": (state, frame) => ({
    ...withTurn(state, frame.turn_id, () => ({
      seq: frame.seq, parentId: frame.parent_id ?? null, text: frame.text, n: frame.n,
    })),
    accepted: new Set(state.accepted).add(frame.client_id),
    pending: state.pending?.clientId === frame.client_id ? null : state.pending,
    refusal: null,
  }),
  "turn.segment": (state, frame) =>
    withPart(state, frame, { text: frame.text, cue: frame.cue ?? null, replaces: false }),
  "turn.replaced": (state, frame) =>
    withPart(state, frame, { text: frame.text ?? "", cue: null, replaces: true }),
  "turn.finished": (state, frame) =>
    withTurn(state, frame.turn_id, () => ({
      status: frame.status, source: frame.source, ledger: frame.ledger ?? null, error: frame.error ?? null,
    })),
  utterance: (state, frame) => ({
    ...state,
    utterances: inOrder(state.utterances, {
      id: frame.utterance_id, seq: frame.seq, kind: frame.kind, text: frame.text, cue: frame.cue ?? null,
    }),
  }),
  "crisis.panel": (state, frame) =>
    state.panel && state.panel.seq > frame.seq
      ? state
      : { ...state, panel: { seq: frame.seq, title: frame.title, text: frame.text, actions: frame.actions ?? [] } },
  notice: (state, frame) => ({
    ...state,
    notices: inOrder(state.notices, { seq: frame.seq, code: frame.code, text: frame.text }),
  }),
  error: (state, frame) => refused(state, frame),
  resumed: (state, frame) => ({
    ...state,
    caughtUp: true,
    lastSeq: Math.max(frame.last_seq, state.lastSeq, ...state.seen),
    ended: state.ended || frame.live === false,
  }),
  "encounter.ended": (state) => ({ ...state, ended: true, pending: null }),
  "local.loaded": (state, frame) => ({ ...state, lastSeq: Math.max(frame.last_seq, state.lastSeq) }),
  "local.disconnected": (state) => ({ ...state, caughtUp: false }),
  "local.sent": (state, frame) => ({
    ...state,
    refusal: null,
    pending: { clientId: frame.client_id, text: frame.text, parentId: frame.parent_id },
  }),
};

/** A refused message is pending no longer; an error about nothing of ours is only shown. */
function refused(state, frame) {
  const ours = state.pending && frame.client_id === state.pending.clientId;
  return {
    ...state,
    pending: ours ? null : state.pending,
    refusal: { code: frame.code, message: frame.message, text: ours ? state.pending.text : "" },
  };
}

/** The state after one frame. A frame whose `seq` was seen before changes nothing; neither does an unknown one. */
export function reduce(state, frame) {
  const seq = frame.seq ?? 0;
  if (seq > 0 && state.seen.has(seq)) return state;
  const handler = HANDLERS[frame.type];
  const next = handler ? handler(state, frame) : state;
  if (seq <= 0) return next;
  return {
    ...next,
    seen: new Set(next.seen).add(seq),
    lastSeq: next.caughtUp ? Math.max(next.lastSeq, seq) : next.lastSeq,
  };
}

/** Accepted turns from first to last. */
export function turnsInOrder(state) {
  return Object.values(state.turns).filter((turn) => turn.seq > 0).sort((a, b) => a.seq - b.seq);
}

/** The turns that count: the one sent last and what it follows from. Others were said differently later. */
export function currentBranch(state) {
  const branch = [];
  let turn = turnsInOrder(state).at(-1);
  while (turn && !branch.includes(turn)) {
    branch.unshift(turn);
    turn = state.turns[turn.parentId];
  }
  return branch;
}

/** Whether anything of the reply was shown. A replacement that has not spoken yet is a part without words. */
export function hasWords(turn) {
  return turn.parts.some((part) => part.text);
}

/** The turn whose reply is still coming, or null. */
export function openTurn(state) {
  return turnsInOrder(state).findLast((turn) => turn.status === "OPEN") ?? null;
}

/**
 * What the conversation shows, top to bottom: {kind: "turn" | "utterance" | "notice" | "aside" | "pending", key, ...}.
 * Turns that were said differently later are one "aside" with their count where they stood.
 */
export function conversation(state) {
  const kept = new Set(currentBranch(state).map((turn) => turn.id));
  const entries = [
    ...state.utterances.map((item) => ({ kind: "utterance", key: `u${item.seq}`, seq: item.seq, item })),
    ...state.notices.map((item) => ({ kind: "notice", key: `n${item.seq}`, seq: item.seq, item })),
    ...turnsInOrder(state).map((item) => ({ kind: "turn", key: `t${item.id}`, seq: item.seq, item })),
  ].sort((a, b) => a.seq - b.seq);
  const shown = [];
  for (const entry of entries) {
    if (entry.kind !== "turn" || kept.has(entry.item.id)) shown.push(entry);
    else if (hasWords(entry.item)) setAside(shown, entry);
  }
  if (state.pending) shown.push({ kind: "pending", key: "pending", item: state.pending });
  return shown;
}

function setAside(shown, entry) {
  const last = shown.at(-1);
  if (last?.kind === "aside") last.count += 1;
  else shown.push({ kind: "aside", key: `a${entry.item.id}`, seq: entry.seq, count: 1 });
}
