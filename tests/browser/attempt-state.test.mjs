// The page's reducer: snapshot and events -> what is shown. Run: node --test tests/browser/
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./page-modules.mjs";

const { apply, applyPreparation, runningIn } = await load("attempt-state.js");
const { fromDetail } = await load("attempt-detail.js");
const { fuller } = await load("grade-state.js");

const CHAT = "chat:C1";
let seq = 0;
const meta = (at = (seq += 1)) => ({ room: CHAT, epoch: "e1", seq: at });
const event = (payload) => ({ chat_id: "C1", _meta: payload._meta ?? meta(), ...payload });

function detail({ messages = [], chat = {} } = {}) {
  return {
    attempt: { id: "A1" }, simulation: { name: "Office hour" }, is_active: true, is_lobby: false, is_own_attempt: true,
    current_chat_id: "C1", expected_chat_count: 1,
    resources: { personas: { P1: { name: "Mira", color: "#aa5500" } }, objectives: { O1: { objective: "Ask" } } },
    entries: {
      attempt: [{ attempt_id: "A1", practice: true }],
      attempt_chat: [{ id: "C1", completed: false, position: 0, objective_ids: ["O1"], room: { epoch: "e1", seq: 0 }, ...chat }],
      attempt_message: messages,
    },
  };
}

function started() {
  seq = 0;
  return fromDetail(detail());
}

const play = (state, ...events) => events.reduce((next, [name, payload]) => apply(next, name, payload), state);
const say = (id, extra = {}) => ["attempt_user_complete", event({ message_id: id, content: `said ${id}`, created_at: "t", item_id: null, ...extra })];
const begin = (id, extra = {}) => ["attempt_assistant_start", event({ message_id: id, created_at: "t", ...extra })];
const delta = (id, content, extra = {}) => ["attempt_progress", event({ content_type: "delta", message_id: id, content, persona_id: "P1", content_idx: 0, ...extra })];
const complete = (id, content, extra = {}) => ["attempt_assistant_complete", event({ message_id: id, content, created_at: "t", status: "complete", ...extra })];
const reply = (state, id) => state.messages.C1.find((message) => message.id === id);

test("deltas join to the text that completion repeats", () => {
  const state = play(started(), say("M1"), begin("M2"), delta("M2", "I read "), delta("M2", "the book."));
  assert.equal(reply(state, "M2").contents[0].text, "I read the book.");
  assert.equal(runningIn(state, "C1").id, "M2");
  const ended = play(state, complete("M2", "I read the book."));
  assert.equal(reply(ended, "M2").contents[0].text, "I read the book.");
  assert.equal(runningIn(ended, "C1"), null);
});

test("a reset drops the text so far", () => {
  const state = play(started(), say("M1"), begin("M2"), delta("M2", "Wrong"), ["attempt_progress", event({ content_type: "reset", message_id: "M2", content: "" })], delta("M2", "Right"));
  assert.equal(reply(state, "M2").contents[0].text, "Right");
});

test("a compacted entry takes the place of the pieces it stands for, and those after it are added", () => {
  const compacted = (from, content, extra = {}) => ["attempt_progress", event({ content_type: "delta", message_id: "M2", content, persona_id: "P1", content_idx: 0, _meta: { ...meta(), from }, ...extra })];
  const state = play(started(), say("M1"), begin("M2"), delta("M2", "I re"), delta("M2", "ad the "), compacted(3, "I read the book."));
  assert.deepEqual(reply(state, "M2").contents.map((content) => content.text), ["I read the book."]);
  assert.equal(state.chats[0].room.seq, 5);
  assert.equal(apply(state, ...delta("M2", "ad the ", { _meta: meta(4) })), state);
  assert.equal(reply(play(state, delta("M2", " Twice.")), "M2").contents[0].text, "I read the book. Twice.");

  const two = play(started(), say("M1"), begin("M2"), delta("M2", "Yes."), delta("M2", "No.", { persona_id: "P2", content_idx: 1 }), compacted(3, "Yes.No.", { persona_id: null }));
  assert.deepEqual(reply(two, "M2").contents.map((content) => content.text), ["Yes.No."]);
});

test("events without optional members find the running answer and its speaker", () => {
  const state = play(started(), say("M1"), begin("M2", { persona_id: "P1" }), ["attempt_progress", event({ content_type: "delta", content: "Hm." })], ["attempt_hint_progress", event({ hints: [{ id: "h2", hint: "Two", idx: 1 }, { id: "h1", hint: "One", idx: 0 }] })]);
  assert.deepEqual(reply(state, "M2").hints, ["One", "Two"]);
  assert.equal(reply(state, "M2").contents[0].personaId, "P1");
  assert.equal(reply(state, "M2").parentId, "M1");
});

test("an event seen before, or older than the snapshot, changes nothing", () => {
  const state = play(started(), say("M1"), begin("M2"), delta("M2", "once"));
  assert.equal(apply(state, ...delta("M2", "once", { _meta: meta(3) })), state);
  const fresh = fromDetail(detail({ chat: { room: { epoch: "e1", seq: 9 } } }));
  assert.equal(apply(fresh, ...say("M1", { _meta: meta(9) })), fresh);
});

test("the position is read from `also` when the event came by another room", () => {
  const state = apply(started(), "attempt_chat_ended", { chat_id: "C1", grade_id: null, _meta: { room: "person:U1", epoch: "p", seq: 44, also: [{ room: CHAT, epoch: "e1", seq: 1 }] } });
  assert.equal(state.chats[0].room.seq, 1);
  assert.equal(state.chats[0].completed, true);
});

test("a stopped answer keeps its partial text", () => {
  const state = play(started(), say("M1"), begin("M2"), delta("M2", "I thought tha"), complete("M2", "I thought tha", { status: "stopped" }));
  assert.equal(reply(state, "M2").status, "stopped");
  assert.equal(reply(state, "M2").contents[0].text, "I thought tha");
});

test("several personas keep their own words", () => {
  const contents = [{ id: "b", idx: 1, content: "No.", persona_id: "P2" }, { id: "a", idx: 0, content: "Yes.", persona_id: "P1" }];
  const state = play(started(), say("M1"), begin("M2"), complete("M2", "Yes.\n\nNo.", { contents }));
  assert.deepEqual(reply(state, "M2").contents.map((content) => [content.personaId, content.text]), [["P1", "Yes."], ["P2", "No."]]);
});

test("grading fills in while it goes on, and repeats do no harm", () => {
  const entry = { id: "F1", grade_id: "G1", standard_group_id: "SG", standard_id: "S4", total: 4, feedback: "Good", evidence: [{ message_id: "M1", quote: "said" }] };
  const first = () => ["attempt_grading_progress", event({ grade_id: "G1", entry: null, completed_count: 0, total_count: 5 })];
  const criterion = () => ["attempt_grading_progress", event({ grade_id: "G1", entry, completed_count: 1, total_count: 5 })];
  const content = (type, row) => ["attempt_content_progress", event({ grade_id: "G1", resource_type: type, entry: row })];
  const state = play(started(), say("M1"), ["attempt_chat_ended", event({ grade_id: "G1", is_attempt_finished: true })], first(), criterion(), criterion(),
    content("strengths", { id: "St", message_id: "M1", name: "Open", description: "d" }), content("highlights", { id: "H", strength_id: "St", section: "said", idx: 0 }),
    content("improvements", { id: "Im", message_id: "M1", name: "Slow", description: "d" }), content("replacements", { id: "R", improvement_id: "Im", section: "said", replace: "asked", idx: 0 }),
    content("analyses", { id: "An", content: "All in all" }),
    ["attempt_graded", event({ grade_id: "G1", score: 21, passed: true, total_points: 25, pass_points: 18 })]);
  const grade = state.grades.C1;
  assert.equal(grade.state, "done");
  assert.equal(grade.feedbacks.length, 1);
  assert.deepEqual(grade.feedbacks[0].quotes, [{ messageId: "M1", quote: "said" }]);
  assert.equal(grade.strengths[0].highlights[0].section, "said");
  assert.equal(grade.improvements[0].replacements[0].replace, "asked");
  assert.deepEqual([grade.score, grade.passed, grade.total, grade.pass], [21, true, 25, 18]);
});

test("a failed grading is told, and does not wait for ever", () => {
  const state = play(started(), ["attempt_chat_ended", event({ grade_id: "G1" })], ["attempt_error", event({ type: "grade", message: "The grading failed." })]);
  assert.equal(state.grades.C1.state, "failed");
  assert.equal(state.problem, "The grading failed.");
});

test("a fresh snapshot does not lose the criteria seen live", () => {
  const live = { id: "G1", state: "pending", feedbacks: [{ id: "F1" }] };
  assert.equal(fuller(live, { id: "G1", state: "pending", feedbacks: [] }), live);
  assert.equal(fuller(live, null), live);
  const done = { id: "G1", state: "done", feedbacks: [{ id: "F1" }] };
  assert.equal(fuller(live, done), done);
});

test("the snapshot says the same as the events it replaces", () => {
  const live = play(started(), say("M1"), begin("M2"), delta("M2", "Yes."), complete("M2", "Yes.", { persona_id: "P1" }));
  const rows = [
    { id: "M1", chat_id: "C1", type: "query", created_at: "t", completed: true, contents: [{ content: "said M1" }] },
    { id: "M2", chat_id: "C1", type: "response", created_at: "t", completed: true, status: "complete", parent_message_id: "M1", contents: [{ content: "Yes.", persona_id: "P1", idx: 0 }] },
  ];
  const fresh = fromDetail(detail({ messages: rows }));
  const shape = (state) => state.messages.C1.map((message) => [message.id, message.type, message.parentId, message.status, message.contents.map((content) => [content.text, content.personaId])]);
  assert.deepEqual(shape(live), shape(fresh));
});

test("events of another attempt are not ours", () => {
  const state = started();
  assert.equal(apply(state, "attempt_chat_started", { attempt_id: "other", chat_id: "C9", _meta: {} }), state);
});

test("a scenario being prepared is followed, and its failure leads back to the lobby with the reason", () => {
  const lobby = { ...fromDetail({ ...detail(), preparing: true }), lobby: true };
  const progress = (percentage) => ["generation_progress", { artifact_type: "chat", group_id: "G", percentage, last_completed_resource: "" }];
  assert.equal(lobby.preparing.percentage, null);
  const waiting = applyPreparation(lobby, ...progress(0));
  assert.deepEqual([waiting.preparing.groupId, waiting.preparing.percentage], ["G", 0]);
  assert.equal(applyPreparation(waiting, ...progress(50)).preparing.percentage, 50);
  const failed = apply(waiting, "attempt_error", { attempt_id: "A1", type: "next", message: "It could not be prepared.", _meta: {} });
  assert.deepEqual([failed.preparing, failed.lobby, failed.problem], [null, true, "It could not be prepared."]);
  assert.equal(apply(waiting, "attempt_chat_started", { attempt_id: "A1", chat_id: "C2", _meta: {} }).preparing, null);
  assert.equal(applyPreparation(started(), ...progress(10)).preparing, null);
});

test("what is told of a branch leaves the grade of the conversation alone", () => {
  const graded = play(started(), ["attempt_graded", event({ grade_id: "G1", score: 3, passed: true })]);
  const state = play(graded, ["attempt_grading_progress", event({ grade_id: "G2", entry: null, completed_count: 0, total_count: 2, branch_message_id: "M1" })],
    ["attempt_graded", event({ grade_id: "G2", score: 0, passed: false, branch_message_id: "M1" })], ["attempt_branch_labelled", event({ message_id: "M1", label: "Calm" })]);
  assert.deepEqual([state.grades.C1.id, state.grades.C1.score, state.branchNews.C1], ["G1", 3, 3]);
});

test("who is here is known by chat", () => {
  const state = play(started(), ["attempt_presence", { chat_id: "C1", people: [{ profile_id: "U1", name: "Ines", part: "staff", connections: 1 }], _meta: {} }]);
  assert.deepEqual(state.people.C1, [{ id: "U1", name: "Ines", owner: false, connections: 1 }]);
});

test("in infinite mode a template that comes again is the next round", () => {
  const rows = detail();
  rows.attempt.infinite_mode = true;
  const chat = rows.entries.attempt_chat[0];
  rows.entries.attempt_chat = [{ ...chat, id: "C2", chat_entry_id: "T", created_at: "t2" }, { ...chat, id: "C1", chat_entry_id: "T", created_at: "t1" }];
  assert.deepEqual(fromDetail(rows).chats.map((one) => [one.id, one.pass]), [["C1", 1], ["C2", 2]]);
});

test("a limit is a clock that ends the conversation, or one that goes on", () => {
  const clock = (chat) => fromDetail(detail({ chat: { created_at: "2026-01-01T00:00:00Z", ...chat } })).chats[0].clock;
  const started = Date.parse("2026-01-01T00:00:00Z");
  assert.equal(clock({ time_limit: null, negative_time: false, expires_at: null }), null);
  assert.deepEqual(clock({ time_limit: 60, negative_time: false, expires_at: "2026-01-01T00:01:00Z" }), { ends: started + 60_000, over: false });
  assert.deepEqual(clock({ time_limit: 60, negative_time: true, expires_at: null }), { ends: started + 60_000, over: true });
});

test("how a conversation ended is known after a reload", () => {
  const ended = (chat) => fromDetail(detail({ chat })).chats[0].ended;
  assert.equal(ended({ completed: true, completion: { stop: true, error: false, message: "Time is up." } }), "Time is up.");
  assert.equal(ended({ completed: true, completion: null }), null);
  assert.equal(ended({ completed: false, completion: null }), null);
});
