// What editors show, and the sums of a rubric. Run: node --test tests/browser/
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./page-modules.mjs";

const { formOf, labelIn, linkOf, suggested, writable } = await load("library-forms.js");
const { asText, madeBy, stateWords, verdictOf } = await load("library-words.js");
const { levelsFor, rowsOf, sums, totalOf } = await load("rubric-table.js");

const value = (id, fields) => ({ id, fields });
const level = (id, group, points) => value(id, { standard_group_id: group, points, name: `L${points}` });
const RUBRIC = {
  standard_groups: [value("g1", { points: 2, pass_points: 1 }), value("g2", { points: 9, pass_points: 9 })],
  standards: [level("c", "g1", 2), level("a", "g1", 0), level("b", "g1", 1), level("d", "g2", 3)],
  points: [value("p", { value: 11 })],
};
const row = (name, more = {}) => ({ name, label: name, single: false, link_to: null, can_generate: true, fields: [{ name: "value", kind: "string", long: false, choices: null }], ...more });

test("levels stand from the fewest points to the most, under their criterion", () => {
  assert.deepEqual(rowsOf(RUBRIC).map(({ group, levels }) => [group.id, levels.map((each) => each.id)]), [["g1", ["a", "b", "c"]], ["g2", ["d"]]]);
});

test("points follow from the levels, and nothing is written when they agree", () => {
  assert.equal(totalOf(RUBRIC), 5);
  assert.deepEqual(sums(RUBRIC).map(({ place, field, value: given }) => [place.type, place.valueId, field, given]),
    [["standard_groups", "g2", "points", 3], ["standard_groups", "g2", "pass_points", 3], ["points", null, "value", 5]]);
  const fixed = { ...RUBRIC, standard_groups: [RUBRIC.standard_groups[0], value("g2", { points: 3, pass_points: 3 })], points: [value("p", { value: 5 })] };
  assert.deepEqual(sums(fixed), []);
  assert.ok(levelsFor("g").some(({ fields }) => fields.points === 0));
});

test("a type that no form of ours names is shown as its fields are", () => {
  const about = { resource_types: [row("names", { single: true }), row("args", { fields: [{ name: "name", kind: "string" }, { name: "required", kind: "bool" }] }), row("departments", { link_to: "department" })] };
  assert.deepEqual(formOf("tool", about)[0].parts.map((part) => part.how), ["text", "plain", "links"]);
  const persona = formOf("persona", { resource_types: [row("names"), row("moods"), row("icons")] });
  assert.deepEqual(persona.at(-1).parts.at(-1).type, "moods");
  assert.equal(linkOf({ type: "personas" }, about), "persona");
});

test("the assistant is asked for what is missing, and for no pictures where nothing makes them", () => {
  const offered = writable({ resource_types: [row("names"), row("instructions"), row("flags"), row("images")] }, { images: false });
  assert.deepEqual(offered.map((each) => each.name), ["names", "instructions", "flags"]);
  assert.deepEqual(suggested(offered, { names: [value("n", {})] }), ["instructions"]);
  assert.deepEqual(suggested(offered, { names: [1], instructions: [1] }), ["names", "instructions"]);
});

test("who made it, and whether it is saved, in words", () => {
  assert.deepEqual([madeBy({ by: { a: "person" } }), madeBy({ by: { a: "model" } }), madeBy({ by: { a: "model", b: "person" } })], [null, "the assistant", "the assistant, then a person"]);
  assert.equal(stateWords({ dirty: true, busy: false, trouble: { again: true } }).kind, "missed");
  assert.deepEqual(["error", "warning"].map((severity) => verdictOf([{ severity }]).kind), ["red", "amber"]);
  assert.equal(verdictOf([]).kind, "green");
  assert.deepEqual([asText({ objective: "Listen" }), asText(["a", "b"]), asText(null), asText(true)], ["Listen", "a, b", "", "yes"]);
});

const { alsoOf, flagOps, mayFlip, saidOf, unusual } = await load("library-settings.js");
const { drafted, proposalsWords, unseen } = await load("library-words.js");

test("a flag of a chat is written only where it differs from the usual, once", () => {
  const flag = (id, name, on, scenario = "s1") => value(id, { scenario_id: scenario, name, value: on });
  assert.deepEqual(flagOps([], "s1", "hints_enabled", false), [{ op: "add", type: "scenario_flags", fields: { scenario_id: "s1", name: "hints_enabled", value: false } }]);
  assert.deepEqual(flagOps([flag("a", "hints_enabled", false)], "s1", "hints_enabled", true), [{ op: "remove", type: "scenario_flags", value_id: "a" }]);
  assert.deepEqual(flagOps([flag("a", "hints_enabled", false, "s2")], "s1", "hints_enabled", true), []);
  const twice = [flag("a", "images_enabled", true), flag("b", "images_enabled", false)];
  assert.deepEqual(flagOps(twice, "s1", "images_enabled", true).map((each) => [each.op, each.value_id]), [["set", "a"], ["remove", "b"]]);
  assert.deepEqual(flagOps(twice, "s1", "images_enabled", null).map((each) => each.op), ["remove", "remove"]);
  assert.equal(saidOf(twice, "s1", "images_enabled"), false);
  assert.equal(saidOf(twice, "s2", "images_enabled"), null);
  assert.deepEqual(unusual([flag("a", "hints_enabled", true), flag("b", "copy_paste_allowed", false), flag("c", "video_enabled", true)], "s1"),
    ["What is part of it: the videos", "What the learner may do: copy and paste, no"]);
  assert.deepEqual([alsoOf("generate_questions", true), alsoOf("generate_options", false), alsoOf("generate_options", true)], [{ generate_options: true }, { generate_questions: false }, {}]);
  assert.deepEqual([mayFlip("generate_images", false), mayFlip("generate_images", true), mayFlip("generate_names", false)], [false, true, true]);
});

test("the assistant's parts are called as the form calls them", () => {
  assert.deepEqual(["problem_statements", "scenario_flags", "names"].map((name) => labelIn("scenario", { name, label: "Server's" })), ["Situations", "What the learner sees", "Server's"]);
  assert.deepEqual([labelIn("rubric", { name: "flags", label: "Flags" }), labelIn("tool", { name: "flags", label: "Flags" })], ["What it grades", "Flags"]);
});

test("what nobody has looked at, and what came from a template, is counted", () => {
  const made = (fields, state, by, madeBy = "scripted") => ({ id: "v", fields, state, by, made_by: madeBy, linked: false });
  const values = {
    names: [made({ name: "Ida Brun" }, "proposed", { name: "model" }), made({ name: "Two words" }, "accepted", { name: "both" })],
    icons: [made({ value: "x" }, "proposed", { value: "model" })], texts: [made({ text: "By a model." }, "proposed", { text: "model" }, "local:writer")],
  };
  assert.equal(unseen(values), 3);
  assert.equal(drafted(values), 1);
  assert.match(proposalsWords(3), /^3 proposals .* Publishing accepts them\.$/);
});
