// What is to change about a training, on top of what others change. Run: node --test tests/browser/
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./page-modules.mjs";

const { isChanged, NOTHING, shownWith, wantedOf, withChatName, withMember, withSetting } = await load("library-trainings.js");

const chat = { chat_entry_id: "c", name: "First", settings: { hints_enabled: true, time_limit: null, generate_questions: false, generate_options: false } };
const training = { name: "Morning", cohort_ids: ["a"], position: 0, templates: [chat] };

test("only what differs is sent, and what others changed meanwhile stays", () => {
  const typed = withSetting(withMember(withMember(NOTHING, "name", "Evening"), "position", 0), "c", "time_limit", 90);
  assert.deepEqual(wantedOf(training, typed), { name: "Evening", templates: [{ chat_entry_id: "c", settings: { time_limit: 90 } }] });
  const newer = { ...training, name: "Evening", templates: [{ ...chat, settings: { ...chat.settings, hints_enabled: false } }] };
  assert.deepEqual(wantedOf(newer, typed), { templates: [{ chat_entry_id: "c", settings: { time_limit: 90 } }] });
  const shown = shownWith(newer, typed).templates[0];
  assert.deepEqual([shown.settings.hints_enabled, shown.settings.time_limit, shown.name], [false, 90, "First"]);
  assert.deepEqual(wantedOf(training, withChatName(NOTHING, "c", "Second")), { templates: [{ chat_entry_id: "c", settings: {}, name: "Second" }] });
});

test("what is put back as it was is no change, nor is a chat that is gone", () => {
  const back = withSetting(withSetting(NOTHING, "c", "hints_enabled", false), "c", "hints_enabled", true);
  assert.equal(isChanged(training, back), false);
  assert.equal(isChanged(training, withMember(NOTHING, "cohort_ids", ["a"])), false);
  assert.equal(isChanged(training, withSetting(NOTHING, "gone", "hints_enabled", false)), false);
});

test("questions that are written anew bring their answers, and go with them", () => {
  const on = withSetting(NOTHING, "c", "generate_questions", true);
  assert.deepEqual(wantedOf(training, on).templates[0].settings, { generate_questions: true, generate_options: true });
  assert.equal(isChanged(training, withSetting(on, "c", "generate_options", false)), false);
});
