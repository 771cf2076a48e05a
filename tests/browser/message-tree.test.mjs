// Branches and quotes. Run: node --test tests/browser/
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./page-modules.mjs";

const { choicesFor, choose, newestLeafId, pathOf } = await load("message-tree.js");
const { findQuote, markQuote } = await load("quotes.js");

const message = (id, parentId) => ({ id, parentId });
// a - b - c - d, then c2 beside c, then a2 beside a.
const TREE = [message("a", null), message("b", "a"), message("c", "b"), message("d", "c"), message("c2", "b"), message("d2", "c2")];
const ids = (path) => path.map((step) => step.message.id).join(" ");

test("the path leads to the newest leaf", () => {
  assert.equal(ids(pathOf(TREE)), "a b c2 d2");
  assert.equal(newestLeafId(TREE), "d2");
});

test("an answer on an older branch makes that branch the newest", () => {
  assert.equal(ids(pathOf([...TREE, message("e", "d"), message("f", "e")])), "a b c d e f");
});

test("versions of a message are counted in the order they were made", () => {
  const fork = pathOf(TREE).find((step) => step.message.id === "c2");
  assert.deepEqual(fork.siblings, ["c", "c2"]);
  assert.equal(fork.index, 1);
});

test("choosing a version shows its branch", () => {
  assert.equal(ids(pathOf(TREE, choose({}, TREE[4], "c"))), "a b c d");
});

test("the first message can have versions too", () => {
  const tree = [...TREE, message("a2", null)];
  assert.equal(ids(pathOf(tree)), "a2");
  assert.equal(ids(pathOf(tree, choose({}, tree[6], "a"))), "a b c2 d2");
});

test("a link to a message on another branch brings it into view", () => {
  assert.equal(ids(pathOf(TREE, choicesFor(TREE, "d"))), "a b c d");
});

test("a quote is found with other white space", () => {
  const text = "Well,  what have\nyou tried?";
  const { start, end } = findQuote(text, "what have you tried?");
  assert.equal(text.slice(start, end), "what have\nyou tried?");
});

test("a quote is found in another normal form", () => {
  assert.equal(markQuote("Ein cafe\u0301 bitte", "caf\u00e9")[1].text, "cafe\u0301");
});

test("the case of a quote matters, and a missing one marks nothing", () => {
  assert.equal(findQuote("Hello", "hello"), null);
  assert.deepEqual(markQuote("Hello", "hello"), [{ text: "Hello", marked: false }]);
  assert.deepEqual(markQuote("Hello", ""), [{ text: "Hello", marked: false }]);
});
