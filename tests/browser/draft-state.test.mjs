// A draft on the page: typing, saving, and two people at once. Run: node --test tests/browser/
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./page-modules.mjs";

const { clashing, held, isDirty, moved, opsOf, saved, sending, shown, type, undecided } = await load("draft-state.js");
const { DraftStore } = await load("draft-store.js");
const { begun, heard, wordsOf } = await load("library-streams.js");

const value = (id, fields) => ({ id, fields, linked: false, by: {}, state: "accepted", spans: [] });
const draft = (version, values) => ({ version, values });
const NAMES = { type: "names", valueId: null, single: true };
const aim = (id) => ({ type: "objectives", valueId: id, single: false });

test("what is typed is shown at once, and becomes one change a value", () => {
  const first = held(draft(1, { names: [], objectives: [value("o1", { objective: "Listen" })] }));
  const typed = type(type(first, NAMES, "name", "Mi"), NAMES, "name", "Mira");
  const both = type(typed, aim("o1"), "objective", "Listen first");
  assert.deepEqual([shown(both).names[0].fields.name, shown(both).objectives[0].fields.objective], ["Mira", "Listen first"]);
  assert.deepEqual(opsOf(both), [
    { op: "put", type: "names", fields: { name: "Mira" } }, { op: "set", type: "objectives", value_id: "o1", fields: { objective: "Listen first" } }]);
  assert.equal(isDirty(type(both, aim("o1"), "objective", "Listen")), true);
  assert.equal(isDirty(type(type(first, aim("o1"), "objective", "x"), aim("o1"), "objective", "Listen")), false);
});

test("what is typed while it is being saved is not lost", () => {
  const sent = sending(type(held(draft(1, { names: [value("n", { name: "" })] })), NAMES, "name", "Mi"));
  const later = saved(type(sent, NAMES, "name", "Mira"), draft(2, { names: [value("n", { name: "Mi" })] }));
  assert.deepEqual([shown(later).names[0].fields.name, opsOf(later)[0].fields.name], ["Mira", "Mira"]);
  assert.equal(isDirty(saved(sending(later), draft(3, { names: [value("n", { name: "Mira" })] }))), false);
});

test("typing back what stood there while the first letters are on their way is saved too", () => {
  const sent = sending(type(held(draft(1, { names: [value("n", { name: "A" })] })), NAMES, "name", "AB"));
  const back = saved(type(sent, NAMES, "name", "A"), draft(2, { names: [value("n", { name: "AB" })] }));
  assert.equal(opsOf(back)[0].fields.name, "A");
});

test("somebody else's change of another field is taken over; of the same field both are told", () => {
  const before = draft(1, { names: [value("n", { name: "A" })], objectives: [value("o1", { objective: "Listen" })] });
  const mine = type(held(before), NAMES, "name", "Mine");
  const other = moved(mine, draft(2, { ...before.values, objectives: [value("o1", { objective: "Ask" })] }));
  assert.deepEqual([shown(other).objectives[0].fields.objective, shown(other).names[0].fields.name, other.clashes], ["Ask", "Mine", []]);
  const both = moved(mine, draft(2, { ...before.values, names: [value("n", { name: "Theirs" })] }));
  assert.deepEqual(both.clashes.map(({ theirs, mine: own }) => [theirs, own]), [["Theirs", "Mine"]]);
  assert.equal(opsOf(both)[0].fields.name, "Mine");
});

test("what was typed into a value that somebody removed is added anew", () => {
  const mine = type(held(draft(1, { objectives: [value("o1", { objective: "Listen" })] })), aim("o1"), "objective", "Listen first");
  assert.deepEqual(opsOf(moved(mine, draft(2, { objectives: [] }))), [{ op: "add", type: "objectives", fields: { objective: "Listen first" } }]);
});

// A server that keeps the fields, as PATCH does.
function serverOf(first) {
  let now = first;
  const server = {
    draft: async () => now,
    patch: async (_id, version, changes) => {
      if (version !== now.version) throw Object.assign(new Error("conflict"), { code: "version_conflict", draft: now });
      const values = { ...now.values };
      for (const each of changes) {
        if (each.op === "set") values[each.type] = values[each.type].map((one) => (one.id === each.value_id ? value(one.id, { ...one.fields, ...each.fields }) : one));
        else values[each.type] = [...(values[each.type] ?? []), value(`v${now.version}`, each.fields)];
      }
      now = draft(now.version + 1, values);
      return now;
    },
  };
  return server;
}

const storage = () => {
  const kept = new Map();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => kept.set(key, text), removeItem: (key) => kept.delete(key), kept };
};
const storeOn = (api, kept = storage()) => new DraftStore({ api, draftId: "d", storage: kept, onChange: () => undefined, onSaved: () => undefined });

test("two people at once: both keep their field", async () => {
  const server = serverOf(draft(1, { names: [value("n", { name: "A" })], objectives: [value("o1", { objective: "Listen" })] }));
  const [one, two] = [storeOn(server), storeOn(server)];
  await Promise.all([one.load(), two.load()]);
  one.type(NAMES, "name", "Mira");
  two.type(aim("o1"), "objective", "Ask");
  await Promise.all([one.flush(), two.flush()]);
  const end = await server.draft();
  assert.deepEqual([end.values.names[0].fields.name, end.values.objectives[0].fields.objective, end.version], ["Mira", "Ask", 3]);
  one.close();
  two.close();
});

test("what could not be saved outlives the page", async () => {
  const server = serverOf(draft(1, { names: [value("n", { name: "A" })] }));
  const kept = storage();
  const cut = storeOn({ ...server, patch: async () => { throw Object.assign(new Error("off"), { again: false }); } }, kept);
  await cut.load();
  cut.type(NAMES, "name", "Mira");
  await assert.rejects(cut.flush());
  assert.equal(cut.trouble.message, "off");
  clearTimeout(cut.timer);
  const again = storeOn(server, kept);
  await again.load();
  assert.equal(again.values().names[0].fields.name, "Mira");
  await again.flush();
  assert.deepEqual([(await server.draft()).values.names[0].fields.name, kept.kept.size], ["Mira", 0]);
});

test("a run's parts grow and end; another run's do not count", () => {
  const at = (more) => ({ run_id: "R", artifact_type: "persona", tool_call_id: "k1", ...more });
  const started = heard(begun("R"), "instructions_generation_started", at());
  const half = heard(started, "instructions_generation_progress", at({ template: "You are" }));
  assert.deepEqual([half.parts.length, wordsOf(half.parts[0])], [1, "You are"]);
  assert.equal(heard(half, "instructions_generation_progress", at({ run_id: "other", template: "x" })), half);
  assert.deepEqual(heard(half, "instructions_generation_complete", at({ template: "You are Mira" })).parts, []);
  const failed = heard(half, "instructions_generation_error", at());
  assert.deepEqual([failed.parts, failed.failed], [[], ["instructions"]]);
  assert.equal(heard(half, "instructions_generation_error", { ...at(), message: "No service." }).why, "No service.");
  assert.equal(heard(half, "generation_error", { run_id: "R", resource_types: ["icons"], message: "No." }).ended, "failed");
});

test("what was read before a save and arrives after it does not bring the old back", async () => {
  const server = serverOf(draft(1, { names: [value("n", { name: "A" })] }));
  const store = storeOn(server);
  await store.load();
  const old = await server.draft();
  let answer;
  store.api = { ...server, draft: () => new Promise((resolve) => { answer = () => resolve(old); }) };
  const reading = store.load();
  store.type(NAMES, "name", "Mira");
  await store.flush();
  answer();
  await reading;
  assert.deepEqual([store.values().names[0].fields.name, store.state.draft.version], ["Mira", 2]);
  store.close();
});

test("what both changed is told at its field until one decides; what one side took out is told too", () => {
  const conflict = (type_, field, theirs) => ({ type: type_, value_id: "n", field, mine: "mine", theirs });
  const conflicts = [conflict("names", "name", "theirs"), conflict("objectives", null, null)];
  const told = clashing(held(draft(3, { names: [value("n", { name: "mine" })] })), conflicts);
  assert.deepEqual(told.clashes.map((each) => [each.type, each.field, each.theirs]), [["names", "name", "theirs"]]);
  assert.equal(undecided(told, conflicts).length, 2);
  assert.deepEqual(undecided({ ...told, clashes: [] }, conflicts).map((each) => each.type), ["objectives"]);
});
