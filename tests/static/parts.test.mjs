import assert from "node:assert/strict";
import { test } from "node:test";

import { clockWords } from "../../static/js/practice/clock.js";
import { counterWords, whyNot } from "../../static/js/practice/composer.js";
import { randomId } from "../../static/js/practice/ids.js";
import { signed, sparkline } from "../../static/js/practice/ledger.js";
import { isSafeAddress } from "../../static/js/practice/panel.js";
import { isToggleKey } from "../../static/js/practice/side.js";
import { backoff, isRefusal, openLine } from "../../static/js/practice/socket.js";

test("waiting doubles to fifteen seconds and half of it is chance", () => {
  assert.deepEqual([0, 1, 2, 20].map((attempt) => backoff(attempt, () => 0)), [250, 500, 1000, 7500]);
  assert.deepEqual([0, 1, 2, 20].map((attempt) => backoff(attempt, () => 1)), [500, 1000, 2000, 15000]);
});

test("only application codes from 4400 to 4499 end the line for good", () => {
  assert.deepEqual([1000, 1006, 4399, 4400, 4403, 4499, 4500].map(isRefusal), [
    false, false, false, true, true, true, false,
  ]);
});

class FakeSocket extends EventTarget {
  static OPEN = 1;
  static made = [];
  readyState = 0;
  sent = [];
  constructor() {
    super();
    FakeSocket.made.push(this);
  }
  open() {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }
  say(frame) {
    this.dispatchEvent(Object.assign(new Event("message"), { data: JSON.stringify(frame) }));
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  close(code = 1000) {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }
}

test("the line resumes where the state stands and carries nothing before that is done", () => {
  globalThis.addEventListener ??= () => {};
  globalThis.removeEventListener ??= () => {};
  const heard = [];
  const line = openLine({
    url: "ws://here/", lastSeq: () => 12, onFrame: () => {}, onLine: (word) => heard.push(word), WebSocketClass: FakeSocket,
  });
  const socket = FakeSocket.made.at(-1);
  socket.open();
  assert.deepEqual(socket.sent, [{ type: "resume", after_seq: 12 }]);
  assert.equal(line.send({ type: "turn.stop" }), false);
  socket.say({ type: "resumed", seq: 0, last_seq: 12 });
  assert.equal(line.send({ type: "turn.stop" }), true);
  socket.close(4403);
  assert.deepEqual(heard, ["connecting", "live", "refused"]);
});

test("a text is refused when empty or over the limit, counted in characters a person sees", () => {
  assert.equal(whyNot("  \n", 10), "Write something first.");
  assert.equal(whyNot("🙂".repeat(10), 10), "");
  assert.match(whyNot("x".repeat(12), 10), /^2 characters too many/);
});

test("the counter is silent until four fifths of the limit", () => {
  assert.equal(counterWords("x".repeat(3199), 4000), "");
  assert.equal(counterWords("x".repeat(3200), 4000), "3,200 of 4,000");
});

test("the clock shows minutes, and hours only when there are any", () => {
  assert.deepEqual([0, 59_999, 760_000, 3_725_000, -5].map(clockWords), ["0:00", "0:59", "12:40", "1:02:05", "0:00"]);
});

test("a line goes from left to right with a hundred at the top", () => {
  assert.equal(sparkline([0, 100]), "M2 20L86 2");
  assert.equal(sparkline([50]), "M2 11H10");
  assert.equal(sparkline([]), "");
});

test("effects have a sign a person can read", () => {
  assert.deepEqual([8, -6].map(signed), ["+8", "\u22126"]);
});

test("help offers calls, texts and pages, never a script", () => {
  const safe = ["tel:116123", "sms:85258?body=SHOUT", "/help-now", "https://findahelpline.com"];
  const unsafe = ["javascript:alert(1)", "//evil.example", "http://plain.example", "data:text/html,x", null];
  assert.deepEqual(safe.map(isSafeAddress), [true, true, true, true]);
  assert.deepEqual(unsafe.map(isSafeAddress), [false, false, false, false, false]);
});

test("I alone is a key outside text only, Alt and I everywhere", () => {
  const inText = { closest: () => ({}) };
  const outside = { closest: () => null };
  assert.equal(isToggleKey({ key: "i", target: outside }, true), true);
  assert.equal(isToggleKey({ key: "i", target: outside }, false), false);
  assert.equal(isToggleKey({ key: "i", target: inText }, true), false);
  assert.equal(isToggleKey({ key: "i", altKey: true, target: inText }, false), true);
  assert.equal(isToggleKey({ key: "i", ctrlKey: true, target: outside }, true), false);
});

test("a message's id is a version 4 UUID", () => {
  assert.match(randomId(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.notEqual(randomId(), randomId());
});
