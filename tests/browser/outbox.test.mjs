// Nothing typed is lost, nothing is said twice. Run: node --test tests/browser/
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./page-modules.mjs";

const { Outbox } = await load("outbox.js");

function storage() {
  const kept = new Map();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
}

function outbox({ send, ready = () => true, store = storage() }) {
  let count = 0;
  return new Outbox({ storage: store, key: "k", newId: () => `r${(count += 1)}`, send, ready, onChange: () => undefined });
}

const lost = () => Object.assign(new Error("lost"), { again: true });

test("while offline a message waits, and goes out later under the same id", async () => {
  let online = false;
  const sent = [];
  const box = outbox({ send: async (entry) => sent.push(entry.requestId ?? entry.id), ready: () => online });
  await box.add({ chatId: "C1", text: "one" });
  assert.equal(box.list[0].state, "waiting");
  online = true;
  await box.pump();
  assert.deepEqual([sent, box.list], [["r1"], []]);
});

test("a lost answer sends again with the same id", async () => {
  const sent = [];
  const box = outbox({ send: async (entry) => { sent.push(entry.requestId ?? entry.id); if (sent.length === 1) throw lost(); } });
  await box.add({ chatId: "C1", text: "one" });
  await box.pump();
  assert.deepEqual(sent, ["r1", "r1"]);
  assert.equal(box.list.length, 0);
});

test("a running answer is waited for, with a new id, because refusals are remembered", async () => {
  const sent = [];
  const busy = Object.assign(new Error("busy"), { code: "turn_in_progress", again: false });
  const box = outbox({ send: async (entry) => { sent.push(entry.requestId ?? entry.id); if (sent.length === 1) throw busy; } });
  await box.add({ chatId: "C1", text: "one" });
  await box.pump();
  assert.deepEqual(sent, ["r1", "r2"]);
});

test("a refused message stays on screen with the reason and does not hold up the others", async () => {
  const said = [];
  const closed = Object.assign(new Error("closed"), { code: "chat_completed", detail: "This chat has already been completed.", again: false });
  const box = outbox({ send: async (entry) => { if (entry.text === "bad") throw closed; said.push(entry.text); } });
  await box.add({ chatId: "C1", text: "bad" });
  await box.add({ chatId: "C1", text: "good" });
  assert.deepEqual(said, ["good"]);
  assert.deepEqual([box.list[0].state, box.list[0].detail], ["failed", "This chat has already been completed."]);
});

test("messages of a chat keep their order", async () => {
  let online = false;
  const said = [];
  const box = outbox({ send: async (entry) => said.push(entry.text), ready: () => online });
  await box.add({ chatId: "C1", text: "one" });
  await box.add({ chatId: "C1", text: "two" });
  online = true;
  await box.pump();
  assert.deepEqual(said, ["one", "two"]);
});

test("a reload in the middle of sending keeps the message", async () => {
  const store = storage();
  const box = outbox({ store, send: () => new Promise(() => undefined) });
  box.add({ chatId: "C1", text: "one" });
  const again = outbox({ store, send: async () => undefined, ready: () => false });
  assert.deepEqual(again.list.map((entry) => [entry.text, entry.state, entry.id]), [["one", "waiting", "r1"]]);
});
