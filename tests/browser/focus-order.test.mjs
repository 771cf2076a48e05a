// Where the focus goes when its place is gone. Run: node --test tests/browser/
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./page-modules.mjs";

const { stopAfter } = await load("focus-order.js");

test("the focus stays if it can, goes to what comes next, or else back", () => {
  const order = ["one", "two", "three", "four"];
  const among = (...there) => (each) => there.includes(each);
  assert.equal(stopAfter(order, "two", among("one", "two", "three")), "two");
  assert.equal(stopAfter(order, "two", among("one", "four")), "four");
  assert.equal(stopAfter(order, "three", among("one", "two")), "two");
  assert.equal(stopAfter(order, "gone", among("three")), "three");
  assert.equal(stopAfter(order, "two", among()), null);
});
