// Questions and the times at which they stop a video (specification 6.5). Pure.

export function questionsFrom(chat, resources) {
  return (chat.question_ids ?? []).map((id) => resources.questions?.[id]).filter(Boolean).map((question) => ({
    id: question.question_id,
    text: question.question_text ?? "",
    multiple: question.allow_multiple ?? false,
    times: [...(question.times ?? [])].sort((a, b) => a - b),
    options: (question.options ?? []).map((option) => (
      { id: option.option_id, text: option.option_text ?? "", correct: option.is_correct ?? null })),
  }));
}

// Rows come one per chosen option; an answer is what was given at once. Oldest first; `scored` is the first one.
export function answersFrom(rows) {
  const answers = {};
  for (const row of rows ?? []) {
    const given = (answers[row.question_id] ??= []);
    const known = given.find((answer) => answer.id === row.response_id);
    if (known) known.optionIds.push(row.option_id);
    else given.push({ id: row.response_id, optionIds: [row.option_id], correct: row.is_correct, scored: row.scored, at: row.created_at });
  }
  for (const given of Object.values(answers)) given.sort((a, b) => (a.at ?? "").localeCompare(b.at ?? ""));
  return answers;
}

export function videosFrom(chat, resources) {
  return (chat.video_ids ?? []).map((id) => resources.videos?.[id]).filter((video) => video?.upload_id).map((video) => ({
    id: video.video_id,
    uploadId: video.upload_id,
    name: video.name ?? "Video",
    description: video.description ?? "",
    captions: (video.captions ?? []).map((track) => ({ uploadId: track.upload_id, language: track.language, label: track.label })),
  }));
}

const isOpen = (question, answers) => !answers[question.id]?.length;

// Every time at which the video stops, in order.
export function stopsOf(questions) {
  return questions.flatMap((question) => question.times.map((at) => ({ at, question }))).sort((a, b) => a.at - b.at);
}

// The stop that the video cannot pass: the first one whose question is not answered. Null: nothing bars the way.
export function barrierOf(questions, answers) {
  return stopsOf(questions).find((stop) => isOpen(stop.question, answers)) ?? null;
}

// The stop that is reached when the video moves from one second to another; seeking past a question stops at it.
export function stopBetween(questions, answers, { from, to, playing }) {
  const barrier = barrierOf(questions, answers);
  if (barrier && to >= barrier.at) return barrier;
  return playing ? stopsOf(questions).find((stop) => stop.at > from && stop.at <= to) ?? null : null;
}

// Where to go on after a reload: the last stop that is answered and lies before the next open one, else the beginning.
export function resumeAt(questions, answers) {
  const limit = barrierOf(questions, answers)?.at ?? Infinity;
  const done = stopsOf(questions).filter((stop) => !isOpen(stop.question, answers) && stop.at <= limit);
  return done.at(-1)?.at ?? 0;
}

// Questions without a time of their own are asked beside the video.
export const untimed = (questions) => questions.filter((question) => question.times.length === 0);

export function progressOf(questions, answers) {
  const given = questions.filter((question) => !isOpen(question, answers));
  return { count: questions.length, answered: given.length, right: given.filter((question) => answers[question.id][0].correct).length };
}
