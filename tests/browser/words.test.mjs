// What the page puts into words: clocks, people, prices, searches, differences. Run: node --test tests/browser/
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./page-modules.mjs";

const { clockText, leftOf, usedOf, wholeCounts } = await load("clock.js");
const { peopleFrom, phrasesFor } = await load("presence.js");
const { priceText, sumOf } = await load("usage-state.js");
const { EMPTY, isPlain, listQuery, piecesOf } = await load("history-query.js");
const { wholeGrade, withChanges } = await load("grade-state.js");

test("time left and time over", () => {
  assert.deepEqual([clockText(9), clockText(600), clockText(3661)], ["0:09", "10:00", "1:01:01"]);
  assert.deepEqual(leftOf(30), { text: "0:30", words: "left", soon: true, over: false });
  assert.deepEqual(leftOf(-42), { text: "−0:42", words: "over time", soon: true, over: true });
  assert.equal(usedOf({ elapsed: 10, readAt: 5_000 }, 8_400, true), 13);
  assert.equal(usedOf({ elapsed: 10, readAt: 5_000 }, 8_400, false), 10);
});

test("the time of the whole attempt is told where it is more than the time of its conversations", () => {
  const counts = (limit, ...limits) => wholeCounts({ timer: { limit }, chats: limits.map((timeLimit) => ({ timeLimit })) });
  assert.deepEqual([counts(null, null), counts(600, 600), counts(1200, 600), counts(1200, 600, 600), counts(600, 600, null)], [false, false, true, true, false]);
});

test("who is here, in words; oneself only with several devices", () => {
  const people = peopleFrom([
    { profile_id: "me", name: "Lena", part: "owner", connections: 2 }, { profile_id: "x", name: "Ines", part: "staff", connections: 1 }]);
  assert.deepEqual(phrasesFor(people, "me").map((phrase) => phrase.text), ["You are here on 2 devices", "Ines is watching"]);
  assert.deepEqual(phrasesFor(people, "x").map((phrase) => phrase.text), ["Lena is here"]);
  assert.deepEqual(phrasesFor(peopleFrom([{ profile_id: "me", connections: 1 }]), "me"), []);
});

test("prices of one currency add up, and small ones are not nothing", () => {
  const total = { key: "reply", requests: 1, input_tokens: 10, output_tokens: 5, estimated: 0, unpriced: 0, seconds: 1.5, costs: [{ currency: "EUR", cost: 0.002 }] };
  const sum = sumOf([total, { ...total, unpriced: 1, costs: [] }]);
  assert.deepEqual([sum.tokens, sum.seconds, sum.unpriced, sum.costs], [30, 3, 1, [{ currency: "EUR", cost: 0.002 }]]);
  assert.equal(priceText(sum.costs, "en"), "€0.002");
  assert.equal(priceText([{ currency: "EUR", cost: 1.5 }], "en"), "€1.50");
  assert.equal(priceText([]), "–");
});

test("a search asks for what was chosen, and marks what was found by characters", () => {
  assert.equal(isPlain({ ...EMPTY, words: "  " }), true);
  const wanted = listQuery({ ...EMPTY, words: " Maya ", kind: "practice", shelf: "all" }, "c");
  assert.deepEqual(wanted, { simulation_ids: "", search: "Maya", practice: true, is_archived: null, start_date: null, end_date: null, cursor: "c" });
  const day = listQuery({ ...EMPTY, since: "2026-01-05", until: "2026-01-05" });
  assert.equal(Date.parse(day.end_date) - Date.parse(day.start_date), 86_399_999);
  assert.deepEqual(piecesOf({ snippet: "🌱 try again", match_start: 2, match_end: 5 }), [{ text: "🌱 ", marked: false }, { text: "try", marked: true }, { text: " again", marked: false }]);
});

test("a grade is compared with the done one before it, of the same branch", () => {
  const row = (id, score, branch = null, state = "done") => ({ grade: { id, score, state, branch_message_id: branch } });
  const changes = withChanges([row("g4", 20), row("g3", 5, "M"), row("g2", null, null, "failed"), row("g1", 18)]);
  assert.deepEqual(changes.map((item) => item.change), [2, null, null, null]);
  assert.equal(changes[0].before.grade.id, "g1");
});

test("a listed grade reads like the one on the page", () => {
  const grade = wholeGrade({
    grade: { id: "G", state: "done", score: 3, passed: true, total_points: 4, pass_points: 2, description: "Good", source: "previous" },
    feedbacks: [{ id: "F", standard_group_id: "SG", standard_id: "S", total: 3, feedback: "f", evidence: [] }],
    remarks: [{ resource_type: "improvements", entry: { id: "I", message_id: "M", name: "n", description: "d" } },
      { resource_type: "replacements", entry: { id: "R", improvement_id: "I", section: "s", replace: "r", idx: 0 } }],
  });
  assert.deepEqual([grade.score, grade.source, grade.feedbacks.length, grade.improvements[0].replacements[0].replace], [3, "previous", 1, "r"]);
});
