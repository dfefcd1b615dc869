// The side column: why the client reacted to a turn, and how their state has moved. Draws what the server decided;
// computes nothing but where a line goes.

import { currentBranch } from "./frames.js";

const WIDTH = 88;
const HEIGHT = 22;
const EDGE = 2;
export const DIMENSIONS = ["trust", "agreement", "readiness", "confidence", "discord", "arousal"];

/** The `d` of a line through values 0-100, left to right over the whole width; one value is a short level stroke. */
export function sparkline(values, width = WIDTH, height = HEIGHT, edge = EDGE) {
  const y = (value) => round(height - edge - (value / 100) * (height - 2 * edge));
  if (values.length === 0) return "";
  if (values.length === 1) return `M${edge} ${y(values[0])}H${edge + 8}`;
  const step = (width - 2 * edge) / (values.length - 1);
  return values.map((value, i) => `${i ? "L" : "M"}${round(edge + i * step)} ${y(value)}`).join("");
}

/** The same line closed down to the ground, to be filled; nothing for fewer than two values. */
export function sparklineArea(values, width = WIDTH, height = HEIGHT, edge = EDGE) {
  if (values.length < 2) return "";
  return `${sparkline(values, width, height, edge)}V${height}H${edge}Z`;
}

function round(number) {
  return Math.round(number * 10) / 10;
}

/** "+3" or "−6", with a real minus. */
export function signed(number) {
  return number < 0 ? `\u2212${-number}` : `+${number}`;
}

function element(name, className, text) {
  const node = document.createElement(name);
  node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function effects(deltas, labels) {
  const box = element("span", "effects");
  for (const dimension of DIMENSIONS) {
    if (deltas?.[dimension]) {
      box.append(element("span", `effect of-${dimension}`, `${labels[dimension]} ${signed(deltas[dimension])}`));
    }
  }
  return box;
}

function codeWords(ledger) {
  if (ledger.abstained || ledger.codes.length === 0) {
    return ["Not coded: it was not clear enough what this turn does, so it moved nothing by itself."];
  }
  return ledger.codes.map((code) => `${code.label}, ${Math.round(code.confidence * 100)}\u00a0%\u00a0sure`);
}

function drawCause(box, ledger, labels) {
  box.replaceChildren();
  const codes = element("ul", "codes-seen");
  codeWords(ledger).forEach((words) => codes.append(element("li", "", words)));
  box.append(codes);
  if (ledger.reason) box.append(element("p", "reason", ledger.reason));
  if (!ledger.rules?.length) return;
  const rules = element("ul", "rules");
  for (const rule of ledger.rules) {
    const row = element("li", "rule");
    row.append(element("span", "rule-why", rule.why), effects(rule.deltas, labels));
    rules.append(row);
  }
  box.append(rules);
}

function drawState(rows, states, start) {
  const latest = states.at(-1) ?? start;
  for (const row of rows) {
    const dimension = row.dataset.dimension;
    const values = [start, ...states].filter(Boolean).map((state) => state[dimension]);
    row.querySelector("[data-part=number]").textContent = latest ? String(latest[dimension]) : "\u2013";
    row.querySelector(".line").setAttribute("d", sparkline(values));
    row.querySelector(".area").setAttribute("d", sparklineArea(values));
  }
}

/** Returns {render(state), select(turnId)}. `page` is {labels, startState}. Without a selection the last turn is explained. */
export function ledgerView({ root, page }) {
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const rows = root.querySelectorAll("[data-dimension]");
  let selected = null;
  let explained = [];

  function draw() {
    const index = Math.max(explained.findIndex((turn) => turn.id === selected), selected ? 0 : explained.length - 1);
    const turn = explained[index];
    part("empty").hidden = Boolean(turn);
    part("cause").hidden = !turn;
    part("steps").hidden = explained.length < 2;
    if (turn) {
      part("turn").textContent = `Turn ${turn.n}: \u201c${turn.text.slice(0, 60)}${turn.text.length > 60 ? "\u2026" : ""}\u201d`;
      drawCause(part("why"), turn.ledger, page.labels);
    }
    part("earlier").setAttribute("aria-disabled", String(index <= 0));
    part("later").setAttribute("aria-disabled", String(index >= explained.length - 1));
    drawState(rows, explained.slice(0, index + 1).map((one) => one.ledger.state), page.startState);
    return index;
  }

  function step(by) {
    const next = explained[draw() + by];
    if (next) selected = next === explained.at(-1) ? null : next.id;
    draw();
  }

  part("earlier").addEventListener("click", () => step(-1));
  part("later").addEventListener("click", () => step(1));

  return {
    render(state) {
      const before = explained.length;
      explained = currentBranch(state).filter((turn) => turn.ledger);
      if (explained.length !== before) selected = null;
      draw();
    },
    select(turnId) {
      selected = turnId;
      draw();
    },
  };
}
