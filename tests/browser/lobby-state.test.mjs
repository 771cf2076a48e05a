// The lobby: earlier results, material being made, shaping a scenario. Run: node --test tests/browser/
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./page-modules.mjs";

const { mapOf, optionsFrom, preparation, PREPARING } = await load("lobby-state.js");
const { changeOf, fieldsFor, givenIn } = await load("customise-state.js");

test("an option names its scenarios in order, and becomes the map that is sent", () => {
  const [option] = optionsFrom({ options: [{ total_score: 40, total_percentage: 80, total_time: 90, scenarios: [
    { chat_entry_id: "T2", attempt_chat_id: "C2", scenario_name: "Second", score: 19, position: 1 },
    { chat_entry_id: "T1", attempt_chat_id: "C1", scenario_name: "First", score: 21, position: 0 }] }] });
  assert.deepEqual(option.scenarios.map((scenario) => scenario.name), ["First", "Second"]);
  assert.deepEqual(mapOf(option), { T1: "C1", T2: "C2" });
  assert.deepEqual(optionsFrom(null), []);
});

test("a generation counts up, and one of another group is not ours", () => {
  const event = (percentage, group = "G") => ({ artifact_type: "chat", group_id: group, percentage, last_completed_resource: "names" });
  const begun = preparation(PREPARING, "generation_progress", event(0));
  const half = preparation(begun, "generation_progress", event(50));
  assert.deepEqual([half.percentage, half.last], [50, "names"]);
  assert.equal(preparation(half, "generation_progress", event(90, "other")), half);
  assert.equal(preparation(half, "generation_progress", event(20)).percentage, 50);
  assert.equal(preparation(half, "generation_progress", { artifact_type: "persona", percentage: 99 }), half);
  assert.equal(preparation(half, "generation_complete", event(100)).percentage, 100);
});

const choices = {
  generated: ["objectives"], chosen: ["p1", "d1"],
  personas: [{ persona_id: "p1", parameters: ["place"] }, { persona_id: "p2", parameters: ["mood"] }],
  documents: [{ document_id: "d1" }, { document_id: "d2" }],
  parameter_fields: [{ name: "place", value: "hall", values: ["hall"] }, { name: "mood", value: null, values: [] }],
  problem_statements: ["One", "Two"], objectives: ["Aim"],
};

test("nothing changed means no draft; only what differs is sent, never what is made anew each time", () => {
  const given = givenIn(choices);
  assert.equal(changeOf(choices, given), null);
  assert.deepEqual(changeOf(choices, { ...given, personas: ["p1", "p2"], objectives: "Other" }), { personas: [{ persona_id: "p1" }, { persona_id: "p2" }] });
  assert.deepEqual(changeOf(choices, { ...given, situation: "New" }), { problem_statements: ["New", "Two"] });
  assert.deepEqual(changeOf(choices, { ...given, documents: [] }), { document_ids: [] });
  assert.deepEqual(changeOf(choices, { ...given, parameters: { place: "hall", mood: "grim" } }), { parameter_fields: [{ name: "place", value: "hall" }, { name: "mood", value: "grim" }] });
});

test("the fields asked for are those that the chosen people need", () => {
  assert.deepEqual(fieldsFor(choices, { personas: ["p2"] }).map((field) => field.name), ["mood"]);
});
