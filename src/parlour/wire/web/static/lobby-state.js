// Between scenarios: earlier results that can be used (specification 6.7, 10.3), and material being made. Pure.

export function optionsFrom(given) {
  return (given?.options ?? []).map((option) => ({
    score: option.total_score,
    percentage: option.total_percentage ?? null,
    seconds: option.total_time ?? null,
    scenarios: [...(option.scenarios ?? [])].sort((a, b) => (a.position ?? 0) - (b.position ?? 0)).map((scenario) => ({
      entryId: scenario.chat_entry_id,
      chatId: scenario.attempt_chat_id,
      name: scenario.scenario_name ?? "Scenario",
      score: scenario.score ?? null,
      percentage: scenario.percentage ?? null,
      seconds: scenario.time_taken ?? null,
    })),
  }));
}

// What attempt_use_previous wants for an option.
export const mapOf = (option) => Object.fromEntries(option.scenarios.map((scenario) => [scenario.entryId, scenario.chatId]));

export const PREPARING = { groupId: null, percentage: null, last: null };

// The generation of one chat, by its group; the percentage never falls.
export function preparation(before, name, payload) {
  if (payload.artifact_type !== "chat") return before;
  if (before.groupId && payload.group_id && before.groupId !== payload.group_id) return before;
  const groupId = before.groupId ?? payload.group_id ?? null;
  if (name === "generation_progress") {
    return { groupId, percentage: Math.max(before.percentage ?? 0, payload.percentage ?? 0), last: payload.last_completed_resource || before.last };
  }
  return name === "generation_complete" ? { ...before, groupId, percentage: 100 } : before;
}

const KINDS = {
  names: "a title", descriptions: "a description", personas: "the people", documents: "documents", problem_statements: "the situation",
  objectives: "what to aim for", images: "pictures", videos: "a video", questions: "questions", options: "answers", parameter_fields: "details",
};

export const kindInWords = (type) => KINDS[type] ?? null;
