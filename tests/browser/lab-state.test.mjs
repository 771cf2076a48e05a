// A conversation with the assistant, event by event. Run: node --test tests/browser/
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./page-modules.mjs";

const { answered, apply, follows, fromSnapshot, grown, unreadFinal } = await load("lab-state.js");

const message = (order, more = {}) => ({
  message_id: `m${order}`, order, role: "person", kind: "text", text: `text ${order}`, question_id: null, turn_id: "t1", read: true, ...more,
});
const snapshot = (more = {}) => fromSnapshot({
  conversation_id: "c1", state: "IDLE", queued: 0, turn: null, question: null, messages: [message(1)], abilities: {}, cursor: { epoch: "e", seq: 10 }, ...more,
});
const at = (seq, body = {}) => ({ room: "person:lin", epoch: "e", seq, at: "2026-01-01T00:00:00Z", ...body });
const told = (state, ...events) => events.reduce((now, [name, body], index) => apply(now, name, at(state.room.seq + 1 + index, body)), state);

test("what the snapshot has already is not applied again, and the place moves on", () => {
  const state = snapshot();
  assert.equal(apply(state, "state_changed", at(10, { state: "RUNNING", queued: 3 })), state);
  const next = apply(state, "state_changed", at(11, { state: "RUNNING", queued: 3 }));
  assert.deepEqual([next.phase, next.queued, next.room.seq], ["RUNNING", 3, 11]);
});

test("another epoch is not followed", () => {
  const state = snapshot();
  assert.equal(follows(state, at(11)), true);
  assert.equal(follows(state, { ...at(11), epoch: "other" }), false);
  assert.equal(apply(state, "state_changed", { ...at(11), epoch: "other", state: "RUNNING", queued: 0 }), state);
});

test("messages stand in their order, each once, without what events have besides", () => {
  const state = told(snapshot(), ["message_added", message(3)], ["message_added", message(2)], ["message_updated", message(3, { text: "heard" })]);
  assert.deepEqual(state.messages.map((each) => [each.message_id, each.text]), [["m1", "text 1"], ["m2", "text 2"], ["m3", "heard"]]);
  assert.equal("seq" in state.messages[1], false);
});

test("streamed text grows, starts anew from any character, and gives way to the message", () => {
  const delta = (from, text) => ["text_delta", { turn_id: "t1", message_id: "m9", from, text }];
  const state = told(snapshot(), ["turn_started", { turn_id: "t1", state: "running", error: null }], delta(0, "Gold 🥇 is"), delta(9, " soft"));
  assert.equal(state.draft.text, "Gold 🥇 is soft");
  assert.equal(told(state, delta(6, "!")).draft.text, "Gold 🥇!");
  assert.equal(told(state, delta(0, "")).draft.text, "");
  assert.equal(told(state, ["message_added", message(9, { role: "assistant", kind: "final" })]).draft, null);
  assert.equal(told(state, ["turn_finished", { turn_id: "t1", state: "done", error: null }]).draft, null);
});

test("another message's text does not go on from this one's", () => {
  const first = grown(null, { turn_id: "t", message_id: "a", from: 0, text: "one" });
  assert.equal(grown(first, { turn_id: "t", message_id: "b", from: 0, text: "two" }).text, "two");
});

test("steps are told while they run", () => {
  const step = { turn_id: "t1", n: 1, kind: "tool", title: "Search", tool: "file_search", outcome: null };
  const state = told(snapshot(), ["turn_started", { turn_id: "t1" }], ["step_started", step]);
  assert.equal(state.steps[0].outcome, null);
  assert.deepEqual(told(state, ["step_finished", { ...step, outcome: "done" }]).steps.map((each) => each.outcome), ["done"]);
  assert.deepEqual(told(state, ["turn_started", { turn_id: "t2" }]).steps, []);
});

const QUESTION = { question_id: "q1", turn_id: "t1", kind: "authorize", state: "open", assigned_to: null };
const ASKS = ["message_added", message(2, { role: "assistant", kind: "question", question_id: "q1" })];

test("one's own question is open until it is settled, and then known as settled", () => {
  const asked = told(snapshot(), ASKS, ["question_asked", QUESTION]);
  assert.equal(asked.question.question_id, "q1");
  const done = told(asked, ["question_answered", { question_id: "q1", turn_id: "t1", state: "answered", answered_by: "lin", answer: { decision: "deny" } }]);
  assert.equal(done.question, null);
  assert.deepEqual([done.settled.q1.kind, done.settled.q1.answer.decision], ["authorize", "deny"]);
});

test("an answer of one's own settles it before the event, which then changes nothing", () => {
  const asked = told(snapshot(), ASKS, ["question_asked", QUESTION]);
  const done = answered(asked, { ...QUESTION, state: "answered", answer: { decision: "allow" }, answered_by: "lin" });
  const again = told(done, ["question_answered", { question_id: "q1", turn_id: "t1", state: "answered", answered_by: "lin", answer: { decision: "allow" } }]);
  assert.deepEqual([done.question, again.question, again.settled.q1.kind], [null, null, "authorize"]);
});

test("a colleague's question waits for one, apart from one's own, until it is settled or taken back", () => {
  const given = told(snapshot(), ["question_assigned", { ...QUESTION, question_id: "q7", assigned_to: "lin" }]);
  assert.deepEqual([given.question, given.assigned.map((each) => each.question_id)], [null, ["q7"]]);
  assert.deepEqual(told(given, ["question_assigned", { ...QUESTION, question_id: "q7" }]).assigned, []);
  assert.deepEqual(told(given, ["question_expired", { question_id: "q7", state: "expired" }]).assigned, []);
});

test("one's own question that is given away stays one's own", () => {
  const state = told(snapshot(), ASKS, ["question_asked", QUESTION], ["question_assigned", { ...QUESTION, assigned_to: "okafor" }]);
  assert.deepEqual([state.question.assigned_to, state.assigned], ["okafor", []]);
});

test("a cleared history is empty, and what waits for one from others stays", () => {
  const state = told(snapshot(), ["question_assigned", { ...QUESTION, question_id: "q7", assigned_to: "lin" }], ["history_cleared", { conversation_id: "c2" }]);
  assert.deepEqual([state.conversationId, state.messages, state.assigned.length], ["c2", [], 1]);
});

test("the newest answer that nobody has read", () => {
  const state = told(snapshot(), ["message_added", message(2, { kind: "final", read: false })], ["message_added", message(3, { kind: "final", read: false })]);
  assert.equal(unreadFinal(state).message_id, "m3");
  assert.equal(unreadFinal(told(state, ["reply_read", { message_id: "m3" }])).message_id, "m2");
});
