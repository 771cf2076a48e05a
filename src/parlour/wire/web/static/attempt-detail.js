// From the read model (specification 10.2) to the state that the page shows. Pure.
import { optionsFrom, PREPARING } from "./lobby-state.js";
import { answersFrom, questionsFrom, videosFrom } from "./quiz.js";

// `readAt`: when the detail was read, in milliseconds of the server's clock.
export function fromDetail(detail, readAt = 0) {
  const { attempt, simulation, entries, resources } = detail;
  const chats = [...(entries?.attempt_chat ?? [])].sort(attempt.infinite_mode ? order : byPosition);
  const messages = (entries?.attempt_message ?? []).map((message, index) => messageFrom(message, index));
  const practice = entries?.attempt?.[0]?.practice ?? simulation?.practice_simulation ?? false;
  return {
    attemptId: attempt.id,
    name: simulation?.name ?? "Conversation",
    description: simulation?.description ?? "",
    practice,
    own: detail.is_own_attempt,
    active: detail.is_active,
    lobby: detail.is_lobby,
    learnerName: attempt.profile_name ?? null,
    chatCount: detail.expected_chat_count ?? chats.length,
    infinite: attempt.infinite_mode ?? false,
    archived: attempt.is_archived ?? false,
    timer: { elapsed: 0, limit: null, ...detail.timer, readAt },
    next: nextFrom(detail, chats),
    options: optionsFrom(detail.available_continuation_options),
    preparing: detail.preparing ? PREPARING : null,
    triedDraftId: detail.tried_draft_id ?? null,
    people: {},
    hearing: {},
    branchNews: {},
    results: detail.aggregated_results ?? null,
    currentChatId: detail.current_chat_id ?? null,
    chats: chats.map((chat) => ({ ...chatFrom(chat, resources ?? {}), pass: passOf(chat, chats) })),
    messages: byChat(messages),
    grades: Object.fromEntries(chats.map((chat) => [chat.id, gradeFrom(chat, entries?.attempt_message ?? [])])),
    personas: personasFrom(resources?.personas),
    groups: resources?.standard_groups ?? {},
    levels: resources?.standards ?? {},
    problem: null,
  };
}

// The template that waits in the lobby, and what its scenario is called.
function nextFrom(detail, chats) {
  const opened = chats.map((chat) => chat.scenario_id);
  const wanted = [...(detail.entries?.attempt?.[0]?.scenario_ids ?? [])];
  const waiting = wanted.find((id) => {
    const at = opened.indexOf(id);
    if (at >= 0) opened.splice(at, 1);
    return at < 0;
  });
  const scenario = detail.resources?.scenarios?.[waiting ?? wanted[0]];
  return { entryId: detail.chat_entry_id ?? null, title: scenario?.name ?? null, description: scenario?.description ?? "" };
}

// In infinite mode the same template comes again in the next pass.
const passOf = (chat, chats) => 1 + chats.filter((other) => other.chat_entry_id === chat.chat_entry_id && order(other, chat) < 0).length;

const byPosition = (a, b) => (a.position ?? 0) - (b.position ?? 0) || order(a, b);
const order = (a, b) => (a.created_at ?? "").localeCompare(b.created_at ?? "") || a.id.localeCompare(b.id);

function chatFrom(chat, resources) {
  const scenario = resources.scenarios?.[chat.scenario_id] ?? {};
  return {
    id: chat.id,
    completed: chat.completed ?? false,
    title: scenario.name ?? chat.title ?? "Conversation",
    description: scenario.description ?? "",
    problem: chat.show_problem_statement === false
      ? "" : resources.problem_statements?.[chat.problem_statement_id]?.problem_statement ?? "",
    objectives: chat.show_objectives === false
      ? [] : pick(resources.objectives, chat.objective_ids).map((item) => item.objective),
    documents: pick(resources.documents, chat.document_ids),
    images: chat.show_images === false ? [] : pick(resources.images, chat.image_ids).filter((image) => image.upload_id),
    videos: videosFrom(chat, resources),
    questions: questionsFrom(chat, resources),
    answers: answersFrom(chat.responses),
    sourceChatId: chat.source_chat_id ?? null,
    entryId: chat.chat_entry_id ?? null,
    personaIds: chat.persona_ids ?? [],
    textEnabled: chat.text_enabled !== false,
    audioEnabled: chat.audio_enabled !== false,
    copyPaste: chat.copy_paste_allowed !== false,
    hasRubric: Boolean(chat.rubric_id),
    gradesCount: chat.grades_count ?? 0,
    groupIds: chat.standard_group_ids ?? [],
    timeLimit: chat.time_limit ?? null,
    clock: clockOf(chat),
    ended: chat.completed ? chat.completion?.message ?? null : null,
    room: chat.room ?? null,
  };
}

// When the time of a chat is up; with `over` it goes on beyond it. Null without a limit.
function clockOf(chat) {
  if (chat.expires_at) return { ends: Date.parse(chat.expires_at), over: false };
  if (chat.time_limit == null || !chat.negative_time) return null;
  return { ends: Date.parse(chat.created_at) + chat.time_limit * 1000, over: true };
}

const pick = (map, ids) => (ids ?? []).map((id) => map?.[id]).filter(Boolean);

function personasFrom(personas) {
  const known = Object.entries(personas ?? {});
  return Object.fromEntries(known.map(([id, persona]) => [id, { name: persona.name ?? "Persona", color: persona.color, icon: persona.icon ?? null }]));
}

// Two messages may be of the same millisecond: the server's own order decides.
function byChat(messages) {
  const chats = {};
  for (const message of messages) (chats[message.chatId] ??= []).push(message);
  for (const list of Object.values(chats)) {
    list.sort((a, b) => a.number - b.number);
  }
  return chats;
}

export function messageFrom(message, index) {
  return {
    id: message.id,
    number: message.number ?? index,
    chatId: message.chat_id,
    type: message.type,
    parentId: message.parent_message_id ?? null,
    createdAt: message.created_at ?? null,
    status: message.completed === false ? "running" : message.status ?? "complete",
    itemId: message.item_id ?? null,
    contents: [...(message.contents ?? [])].sort((a, b) => (a.idx ?? 0) - (b.idx ?? 0)).map((content, index) => ({
      idx: content.idx ?? index,
      text: content.content ?? "",
      personaId: content.persona_id ?? null,
      name: content.name ?? null,
      color: content.color ?? null,
      icon: content.icon ?? null,
    })),
    hints: [...(message.hints ?? [])].sort(byIndex).map((hint) => hint.hint),
  };
}

export const byIndex = (a, b) => (a.idx ?? 0) - (b.idx ?? 0);

function gradeFrom(chat, messages) {
  if (!chat.grade && !chat.feedbacks?.length) return null;
  const grade = chat.grade ?? {};
  const remarks = messages.filter((message) => message.chat_id === chat.id).flatMap((message) =>
    (message.feedbacks ?? []).map((remark) => ({ ...remark, message_id: message.id })));
  remarks.push(...(chat.general_feedbacks ?? []));
  return {
    id: grade.id ?? null,
    state: grade.state ?? (grade.score == null ? "pending" : "done"),
    score: grade.score ?? null,
    passed: grade.passed ?? null,
    total: grade.total_points ?? null,
    pass: grade.pass_points ?? null,
    summary: grade.description ?? "",
    source: grade.source ?? "model",
    feedbacks: (chat.feedbacks ?? []).map(feedbackFrom),
    strengths: remarks.filter((remark) => remark.type === "strength").map((remark) => remarkFrom(remark)),
    improvements: remarks.filter((remark) => remark.type === "improvement").map((remark) => remarkFrom(remark)),
    analyses: (chat.analyses ?? []).map((analysis) => ({ id: analysis.id ?? analysis.content, content: analysis.content })),
  };
}

export function feedbackFrom(row) {
  return {
    id: row.id ?? row.standard_group_id,
    groupId: row.standard_group_id ?? null,
    levelId: row.standard_id ?? null,
    total: row.total ?? null,
    text: row.feedback ?? "",
    quotes: (row.evidence ?? []).map((item) => ({ messageId: item.message_id, quote: item.quote, ...(item.unclear ? { unclear: true } : {}) })),
    unsupported: row.unsupported ?? false,
    clearWords: row.judged_on === "clear_words",
  };
}

export function remarkFrom(row) {
  return {
    id: row.id,
    messageId: row.message_id ?? null,
    name: row.name ?? "",
    text: row.description ?? "",
    highlights: [...(row.highlights ?? [])].sort(byIndex).map((item) => ({ id: item.id, section: item.section })),
    replacements: [...(row.replaces ?? [])].sort(byIndex).map(replacementFrom),
  };
}

export const replacementFrom = (row) => ({ id: row.id, section: row.section, replace: row.replace });
