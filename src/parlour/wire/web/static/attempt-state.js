// What an attempt looks like after an event: a pure reducer over the documented events (specification 9.2).
import { byIndex } from "./attempt-detail.js";
import { applyGrading } from "./grade-state.js";
import { preparation } from "./lobby-state.js";
import { newestLeafId } from "./message-tree.js";
import { peopleFrom } from "./presence.js";

// After these the read model knows more than the event says.
const CHANGES_MORE = new Set(["attempt_started", "attempt_chat_started", "attempt_chat_ended", "attempt_ended", "attempt_graded", "attempt_response_result", "resync"]);

export const wantsSnapshot = (name) => CHANGES_MORE.has(name);

export const concerns = (state, payload) =>
  payload.attempt_id === state.attemptId || state.chats.some((chat) => chat.id === payload.chat_id);

export const chatOf = (state, chatId) => state.chats.find((chat) => chat.id === chatId) ?? null;

export function apply(state, name, payload) {
  if (name === "resync" || !concerns(state, payload)) return state;
  const chat = chatOf(state, payload.chat_id);
  if (!chat) return applyToAttempt(state, name, payload);
  const at = positionIn(`chat:${chat.id}`, payload._meta);
  if (at && chat.room && at.epoch === chat.room.epoch && at.seq <= chat.room.seq) return state;
  const moved = at ? withChat(state, chat.id, { room: at }) : state;
  return applyToChat(applyToAttempt(moved, name, payload), chat.id, name, payload);
}

function positionIn(room, meta) {
  const found = meta?.room === room ? meta : meta?.also?.find((other) => other.room === room);
  return found ? { epoch: found.epoch, seq: found.seq } : null;
}

function applyToAttempt(state, name, payload) {
  switch (name) {
    case "attempt_started": return state.chats.length > 0 ? { ...state, lobby: true } : state;
    case "attempt_chat_started": return { ...state, lobby: false, preparing: null, currentChatId: payload.chat_id };
    case "attempt_ended": return { ...state, active: false, lobby: false, preparing: null, currentChatId: null };
    case "attempt_error": return payload.type === "audio" ? state : { ...state, preparing: null, problem: payload.message };
    default: return state;
  }
}

function applyToChat(state, chatId, name, payload) {
  if (name === "attempt_branch_labelled" || payload.branch_message_id) return withBranchNews(state, chatId, payload);
  switch (name) {
    case "attempt_user_start":
    case "attempt_user_delta": return withHearing(state, chatId, heard(state.hearing[chatId], payload));
    case "attempt_user_complete": return endHearing(state, chatId, payload);
    case "attempt_assistant_start": return startReply(state, chatId, payload);
    case "attempt_progress": return withReply(state, chatId, payload, (message) => progress(message, payload));
    case "attempt_hint_progress": return withReply(state, chatId, payload, (message) => (
      { ...message, hints: [...payload.hints].sort(byIndex).map((hint) => hint.hint) }));
    case "attempt_assistant_complete": return endReply(state, chatId, payload);
    case "attempt_chat_ended": return endChat(state, chatId, payload);
    case "attempt_grading_progress":
    case "attempt_content_progress":
    case "attempt_graded": return withGrade(state, chatId, applyGrading(state.grades[chatId], name, payload));
    case "attempt_error": return fail(state, chatId, payload);
    case "attempt_presence": return withPeople(state, chatId, payload.people);
    default: return state;
  }
}

export const withPeople = (state, chatId, rows) => ({ ...state, people: { ...state.people, [chatId]: peopleFrom(rows) } });

// The next chat is being made for this attempt (9.4).
export function applyPreparation(state, name, payload) {
  const preparing = state.preparing && preparation(state.preparing, name, payload);
  return preparing === state.preparing ? state : { ...state, preparing };
}

// Another device of the person may have begun it; only the read model knows for which attempt.
export const mayBePreparing = (state, name, payload) =>
  name === "generation_progress" && payload.artifact_type === "chat" && state.own && state.lobby && !state.preparing;

export function runningIn(state, chatId) {
  return (state.messages[chatId] ?? []).findLast((message) => message.status === "running") ?? null;
}

// What the learner is saying at this moment, as far as it is understood (6.8.5).
const heard = (before, { item_id: itemId, transcript }) => ({ itemId, text: transcript ?? (before?.itemId === itemId ? before.text : "") });

const withHearing = (state, chatId, hearing) => ({ ...state, hearing: { ...state.hearing, [chatId]: hearing } });

// Speech without words is told as a message without any, which is none.
function endHearing(state, chatId, payload) {
  const ends = payload.item_id && state.hearing[chatId]?.itemId === payload.item_id;
  const next = ends ? withHearing(state, chatId, null) : state;
  if (payload.item_id && !payload.content) return next;
  return withMessage(next, chatId, learnerMessage(next, chatId, payload));
}

function learnerMessage(state, chatId, payload) {
  const messages = state.messages[chatId] ?? [];
  const known = messages.find((message) => message.id === payload.message_id);
  const parentId = payload.parent_message_id === undefined ? (known ? known.parentId : newestLeafId(messages)) : payload.parent_message_id;
  return {
    id: payload.message_id, chatId, type: "query", parentId, createdAt: payload.created_at, status: "complete", hints: [], itemId: payload.item_id ?? null,
    contents: [{ idx: 0, text: payload.content, personaId: payload.persona_id ?? null, name: null, color: null, icon: null }],
  };
}

function startReply(state, chatId, payload) {
  const messages = state.messages[chatId] ?? [];
  const parentId = payload.parent_message_id ?? messages.findLast((message) => message.type === "query")?.id ?? null;
  return withMessage(state, chatId, {
    id: payload.message_id, chatId, type: "response", parentId, createdAt: payload.created_at, status: "running", hints: [],
    contents: [], personaId: payload.persona_id ?? null,
  });
}

function progress(message, payload) {
  if (payload.content_type === "reset") return { ...message, contents: [] };
  // With `from` the entry stands for everything that was told since, so what is known of it goes (5.2).
  const held = payload._meta?.from == null ? message : { ...message, contents: [] };
  return grown(held, payload);
}

function grown(message, payload) {
  const idx = payload.content_idx ?? message.contents.at(-1)?.idx ?? 0;
  const known = message.contents.find((content) => content.idx === idx);
  if (known) {
    const longer = { ...known, text: known.text + (payload.content ?? "") };
    return { ...message, contents: message.contents.map((content) => (content === known ? longer : content)) };
  }
  const personaId = payload.persona_id ?? message.personaId ?? null;
  return { ...message, contents: [...message.contents, { idx, text: payload.content ?? "", personaId, name: null, color: null, icon: null }] };
}

function endReply(state, chatId, payload) {
  return withReply(state, chatId, payload, (message) => {
    const parts = payload.contents?.length ? [...payload.contents].sort(byIndex) : [{ idx: 0, content: payload.content }];
    const personaId = payload.persona_id ?? message.contents[0]?.personaId ?? message.personaId ?? null;
    const contents = parts.filter((part) => part.content).map((part) => (
      { idx: part.idx ?? 0, text: part.content, personaId: part.persona_id ?? personaId, name: null, color: null, icon: null }));
    return { ...message, status: payload.status ?? "complete", contents };
  });
}

function endChat(state, chatId, payload) {
  const ended = withChat(withHearing(state, chatId, null), chatId, { completed: true });
  const problem = payload.expired ? "The time is up. This conversation has ended." : state.problem;
  const next = { ...ended, problem, currentChatId: state.currentChatId === chatId ? null : state.currentChatId };
  if (!payload.grade_id || next.grades[chatId]?.id === payload.grade_id) return next;
  const begun = { ...payload, completed_count: 0, total_count: null };
  return withGrade(next, chatId, applyGrading(null, "attempt_grading_progress", begun));
}

// What is told of a branch changes its list, not the grade of the chat: the list is read again when this grows.
function withBranchNews(state, chatId, payload) {
  const news = (state.branchNews[chatId] ?? 0) + 1;
  const problem = payload.message ?? state.problem;
  return { ...state, problem, branchNews: { ...state.branchNews, [chatId]: news } };
}

// What goes wrong with sound is told beside the microphone.
function fail(state, chatId, payload) {
  if (payload.type === "audio") return state;
  const told = { ...state, problem: payload.message };
  const grade = state.grades[chatId];
  return payload.type === "grade" && grade?.state === "pending" ? withGrade(told, chatId, { ...grade, state: "failed" }) : told;
}

function withChat(state, chatId, change) {
  return { ...state, chats: state.chats.map((chat) => (chat.id === chatId ? { ...chat, ...change } : chat)) };
}

function withGrade(state, chatId, grade) {
  return { ...state, grades: { ...state.grades, [chatId]: grade } };
}

function withMessage(state, chatId, message) {
  const messages = state.messages[chatId] ?? [];
  const known = messages.some((other) => other.id === message.id);
  const next = known ? messages.map((other) => (other.id === message.id ? message : other)) : [...messages, message];
  return { ...state, messages: { ...state.messages, [chatId]: next } };
}

function withReply(state, chatId, payload, change) {
  const messages = state.messages[chatId] ?? [];
  const id = payload.message_id ?? runningIn(state, chatId)?.id;
  const message = messages.find((other) => other.id === id);
  return message ? withMessage(state, chatId, change(message)) : state;
}
