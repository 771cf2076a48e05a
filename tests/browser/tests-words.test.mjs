// Numbers, plans and marks of the pages about tests of models. Run: node --test tests/browser/
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./page-modules.mjs";

const { band, chance, checkWords, milliseconds, progressWords, seconds, share, signed, signedRange, stateOf } = await load("tests-words.js");
const { boundsOf, faultOf, formFrom, NEW_CANDIDATE, wantedOf } = await load("tests-plan.js");
const { axis, placer } = await load("tests-plot.js");
const { markQuotes, sideOf } = await load("tests-quotes.js");

const BENCHMARK = {
  candidates: [{ id: "a", title: "Steady", use_custom: false }, { id: "b", title: "Curt", use_custom: false }, { id: "c", title: "By hand", use_custom: true }],
  repeats: 3, replay_mode: "auto_regressive", judges: ["one", "two"], prefer: true, baseline: "a", smallest_worthwhile: 0.15,
};

test("shares, differences and chances are short and never say more than they know", () => {
  assert.deepEqual([share(0.874), share(null), signed(0.123), signed(-0.6), signed(-0.001), signed(0)], ["87%", "–", "+12", "−60", "0", "0"]);
  assert.equal(signedRange({ low: -0.673, high: 0.02 }), "−67 to +2");
  assert.deepEqual([chance(0.0001), chance(0.0234), chance(0.41), chance(1)], ["p < 0.001", "p = 0.023", "p = 0.41", "p = 1.00"]);
  assert.deepEqual([seconds(0.2), seconds(1), seconds(77), seconds(300), seconds(9_000)], ["less than a second", "1 second", "77 seconds", "5 minutes", "2.5 hours"]);
  assert.deepEqual([milliseconds(12), milliseconds(1_540), milliseconds(null)], ["12 ms", "1.5 s", "–"]);
  assert.deepEqual([band(0.9), band(0.6), band(0.1), band(null)], ["high", "middle", "low", "none"]);
});

test("how far a test is, in a sentence", () => {
  const progress = { cells: 9, completed: 4, graded: 3, running: 2, queued: 0, failed: 1, stopped: 0, pending_grades: 1, pending_preferences: 2 };
  assert.equal(progressWords(progress), "4 of 9 cases replayed, 3 graded; 2 running, 1 failed, 1 grade to come, 2 comparisons to come.");
  assert.equal(stateOf({ state: "running", halted: null }).word, "Running");
  assert.deepEqual([stateOf({ state: "running", halted: "cost" }).word, stateOf({ state: "running", halted: "cost" }).sentence], ["Halted", "Its limit of cost is reached."]);
  assert.equal(stateOf({ state: "running", halted: "decided" }).word, "Decided early");
});

test("a check is a sentence about answers", () => {
  const said = (members) => checkWords({ turns: "any", arguments: null, ...members });
  assert.equal(said({ kind: "contains", text: "?" }), "Some answer contains “?”.");
  assert.equal(said({ kind: "contains", text: "?", turns: "last" }), "The last answer contains “?”.");
  assert.equal(said({ kind: "not_contains", text: "stupid" }), "No answer contains “stupid”.");
  assert.equal(said({ kind: "not_contains", text: "stupid", turns: "last" }), "The last answer does not contain “stupid”.");
  assert.equal(said({ kind: "length", characters_max: 1200, characters_min: null }), "Every answer has at most 1200 characters.");
  assert.equal(said({ kind: "tool_called", tool: "look_up", arguments: { term: "x" } }), 'Some answer asks for the tool look_up with {"term":"x"}.');
});

test("the form begins with the benchmark and leaves out what stays empty", () => {
  const form = formFrom(BENCHMARK);
  assert.deepEqual(form.chosen, ["a", "b"]);
  const wanted = wantedOf({ ...form, cost: "2.5", minutes: "1.5", added: [{ ...NEW_CANDIDATE, title: " Third ", model: "openai:x", temperature: "0" }] });
  assert.deepEqual(wanted.candidates, [{ id: "a" }, { id: "b" }, { title: "Third", model: "openai:x", temperature: 0 }]);
  assert.deepEqual(wanted.plan, { parallel: 2, seed: 1, looks: 0, recorded: false, cost_max: 2.5, currency: "EUR", seconds_max: 90 });
  assert.deepEqual([wanted.repeats, wanted.judges, wanted.baseline, wanted.smallest_worthwhile], [3, ["one", "two"], "Steady", 0.15]);
  assert.equal("name" in wanted, false);
  assert.deepEqual(boundsOf({ cost: "", currency: "EUR", tokens: "9", minutes: "", failures: "" }), { tokens_max: 9 });
});

test("a form that cannot be sent says why", () => {
  const form = formFrom(BENCHMARK);
  assert.equal(faultOf(form), null);
  assert.equal(faultOf({ ...form, chosen: [] }), "Choose at least one candidate.");
  assert.match(faultOf({ ...form, added: [NEW_CANDIDATE] }), /needs a title and a model/);
  const twin = { ...NEW_CANDIDATE, title: "New", model: "m" };
  assert.match(faultOf({ ...form, added: [twin, twin] }), /same title/);
});

test("an axis holds every value on round numbers, and places stay on it", () => {
  const scale = axis([0.27, 0.87, 0.21, 0.92], { limits: [0, 1] });
  assert.ok(scale.low <= 0.21 && scale.high >= 0.92 && scale.low >= 0 && scale.high <= 1);
  assert.deepEqual([scale.ticks[0], scale.ticks.at(-1)], [scale.low, scale.high]);
  const same = axis([0.5, 0.5], { limits: [0, 1] });
  assert.deepEqual([same.low, same.high], [0.4, 0.6]);
  assert.deepEqual(axis([], { limits: [0, 1] }).ticks.length > 1, true);
  const x = placer({ low: -1, high: 1 }, 20, 220);
  assert.deepEqual([x(-1), x(0), x(1), x(9)], [20, 120, 220, 220]);
});

test("several quotes mark one text, also where they overlap", () => {
  const pieces = markQuotes("What have you tried so far?", ["have you tried", "tried so", "not there"]);
  assert.equal(pieces.map((piece) => piece.text).join(""), "What have you tried so far?");
  assert.deepEqual(pieces.map((piece) => [piece.text, piece.marks]), [["What ", []], ["have you ", [0]], ["tried", [0, 1]], [" so", [1]], [" far?", []]]);
  assert.deepEqual(markQuotes("", ["x"]), []);
});

test("a side of a comparison has its own words and those of both", () => {
  const words = [{ change: "equal", text: "So" }, { change: "delete", text: " what" }, { change: "insert", text: " that" }];
  assert.deepEqual(sideOf(words, "a").map((piece) => piece.text), ["So", " what"]);
  assert.deepEqual(sideOf(words, "b").map((piece) => piece.text), ["So", " that"]);
});
