// Files on their way: sent again under the same key, told how far they are. Run: node --test tests/browser/
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./page-modules.mjs";

const { Sending } = await load("lab-sending.js");

function sending(send) {
  let count = 0;
  return new Sending({ send, newId: () => `k${(count += 1)}`, onChange: () => undefined });
}

test("a file that was sent leaves the list; meanwhile its share is known", async () => {
  const shares = [];
  const list = sending(async (message, key, onProgress) => { onProgress(0.5); shares.push(list.list[0].share); });
  await list.add({ text: "" });
  assert.deepEqual([shares, list.list], [[0.5], []]);
});

test("what failed stays with the reason, and goes again under its key", async () => {
  const keys = [];
  const list = sending(async (message, key) => {
    keys.push(key);
    if (keys.length === 1) throw Object.assign(new Error("lost"), { again: true, detail: "gone" });
  });
  await list.add({ text: "" });
  assert.deepEqual([list.list[0].state, list.list[0].detail], ["failed", "gone"]);
  await list.resume();
  assert.deepEqual([keys, list.list], [["k1", "k1"], []]);
});

test("what was refused is not sent again by itself", async () => {
  let sent = 0;
  const list = sending(async () => { sent += 1; throw Object.assign(new Error("big"), { again: false, detail: "too large" }); });
  await list.add({ text: "" });
  await list.resume();
  assert.deepEqual([sent, list.list[0].state], [1, "failed"]);
});
