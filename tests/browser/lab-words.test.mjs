// The assistant's words and questions, cut into what can be shown. Run: node --test tests/browser/
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./page-modules.mjs";

const { blocks, introOf, labelsOf, nameOf, pieces, size, webAddress, withoutSources } = await load("lab-words.js");
const { choiceRule, collected, firstValues, isChanged, outcomeOf, verified } = await load("lab-forms.js");

test("the list of sources is taken off the text and meets its references, whatever their order", () => {
  const text = "It is 740 [2] and 760 [1][3].\n\nSources\n- [2] Contacts, p. 4 (held by lin)\n- [1][3] Contacts, p. 12 (held by lin)\n- Log of May";
  const references = [{ title: "Contacts", page: 12 }, { title: "Contacts", page: 4 }, { title: "Log  of May", page: null }];
  const { body, sources } = withoutSources(text, references);
  assert.equal(body, "It is 740 [2] and 760 [1][3].");
  assert.deepEqual(sources.map((source) => [source.numbers, source.reference.page]), [[[2], 4], [[1, 3], 12], [[], null]]);
});

test("the list may have a heading of another language, and a reference without a line is shown all the same", () => {
  const { body, sources } = withoutSources("好。\n\n来源\n- [1] 论文, 第 2 页", [{ title: "论文", page: 2 }, { title: "Other", page: null }]);
  assert.equal(body, "好。");
  assert.deepEqual(sources.map((source) => source.numbers), [[1], []]);
});

test("a text without references keeps its lists", () => {
  const text = "Do this:\n\nSteps\n- one\n- two";
  assert.deepEqual(withoutSources(text, []), { body: text, sources: [] });
});

test("paragraphs, headings, lists and code", () => {
  const made = blocks("# Title\nfirst\nsecond\n\n- one\n- **two**\n\n1. a\n```\n<b>x</b>\n# y\n```\nend");
  assert.deepEqual(made.map((block) => block.type), ["heading", "paragraph", "list", "list", "code", "paragraph"]);
  assert.equal(made[4].text, "<b>x</b>\n# y");
  assert.deepEqual(made[2].items[1].pieces, [{ type: "strong", text: "two" }]);
  assert.equal(made[3].items[0].marker, "1.");
});

test("only addresses of the web become links, and markup stays text", () => {
  assert.deepEqual(pieces("see https://arxiv.org/abs/1 (x)."), [
    { type: "text", text: "see " }, { type: "link", href: "https://arxiv.org/abs/1", text: "https://arxiv.org/abs/1" }, { type: "text", text: " (x)." }]);
  assert.deepEqual(pieces("at http://h/a)."), [{ type: "text", text: "at " }, { type: "link", href: "http://h/a", text: "http://h/a" }, { type: "text", text: ")." }]);
  for (const text of ["javascript:alert(1)", "[x](javascript:alert(1))", "<img src=x onerror=alert(1)>", "data:text/html,x"]) {
    assert.deepEqual(pieces(text), [{ type: "text", text }]);
  }
  for (const text of ["javascript:alert(1)", "//host/x", "file:///etc/passwd", "blob:http://x/y"]) assert.equal(webAddress(text), null);
});

test("marks of sources", () => {
  assert.deepEqual(pieces("so [1, 3]"), [{ type: "text", text: "so " }, { type: "marks", numbers: [1, 3] }]);
});

const TEXT = "May I do this? Create an experiment\n- Name (experiment_name): X1\n- Visibility (visibility): private\nPlease answer yes or no.";

test("a question's first words and the labels of its items", () => {
  assert.equal(introOf(TEXT), "May I do this? Create an experiment");
  assert.deepEqual(labelsOf(TEXT), { experiment_name: "Name", visibility: "Visibility" });
});

const FIELDS = {
  fields: [
    { key: "name", label: "Name", type: "string", required: true, value: "X1" },
    { key: "count", label: "Count", type: "number", required: false, value: null },
    { key: "long", label: "How long", type: "duration", required: false, value: "2h" }],
};

test("what is collected are the values that were given, numbers as numbers", () => {
  assert.deepEqual(firstValues(FIELDS), { name: "X1", count: "", long: "2h" });
  assert.deepEqual(collected(FIELDS, { name: " A ", count: "1.5", long: "" }), { values: { name: "A", count: 1.5 } });
  assert.equal(collected(FIELDS, { name: " ", count: "", long: "" }), null);
});

test("untouched values are confirmed, others are a change of just these", () => {
  const first = firstValues(FIELDS);
  assert.deepEqual(verified(FIELDS, first), { decision: "confirm" });
  assert.equal(isChanged(FIELDS, first), false);
  assert.deepEqual(verified(FIELDS, { ...first, long: "3h" }), { decision: "change", values: { long: "3h" } });
});

test("how many may be chosen", () => {
  const options = [{}, {}, {}];
  assert.equal(choiceRule({ min: 1, max: 1, options }), "Choose one.");
  assert.equal(choiceRule({ min: 0, max: 3, options }), "Choose what you want, or nothing.");
  assert.equal(choiceRule({ min: 1, max: 2, options }), "Choose 1 to 2.");
});

test("what came of a question, in words", () => {
  assert.equal(outcomeOf(undefined), null);
  assert.equal(outcomeOf({ state: "open" }), null);
  assert.deepEqual(outcomeOf({ state: "answered", answer: { decision: "deny", note: "not now" } }), { words: "Refused", detail: "not now", good: false });
  assert.equal(outcomeOf({ state: "expired", answer: { decision: "deny" } }).words, "Nobody answered in time");
  const chosen = outcomeOf({ state: "answered", options: [{ index: 1, id: "a", title: "First" }], answer: { choices: ["a"] } });
  assert.deepEqual([chosen.words, chosen.detail, chosen.good], ["Answered", "First", true]);
});

test("sizes and names of files", () => {
  assert.deepEqual([size(12), size(7_088), size(25_000_000)], ["12 bytes", "7.1 kB", "25 MB"]);
  assert.equal(nameOf("files/abc/A paper.pdf"), "A paper.pdf");
});
