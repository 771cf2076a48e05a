// Questions as forms: from fields to an answer of its schema, and answers in words (lab protocol 6.2 and 6.3). Pure.

export const EXPIRY = { deny: "Without an answer it counts as a no.", abandon: "Without an answer it is dropped.", continue: "Without an answer the assistant goes on." };

// What became of a step, in words.
export const OUTCOMES = {
  ok: "done", done: "done", refused: "refused", abandoned: "dropped", nothing: "nothing found", failed: "failed", unknown: "unknown whether it happened",
  stopped: "stopped", answered: "answered", expired: "not answered in time", cancelled: "cancelled", error: "failed",
};

export const shownValue = (value) => (value == null ? "" : typeof value === "object" ? JSON.stringify(value, null, 1) : String(value));

export const firstValues = (question) => Object.fromEntries((question.fields ?? []).map((field) => [field.key, shownValue(field.value)]));

// The values that were given, of the right type; `changed`: only those that differ from what was proposed.
export function given(question, values, changed) {
  const wanted = question.fields.filter((field) => {
    const text = (values[field.key] ?? "").trim();
    return text && !(changed && text === shownValue(field.value).trim());
  });
  return Object.fromEntries(wanted.map((field) => {
    const text = values[field.key].trim();
    return [field.key, field.type === "number" ? Number(text) : text];
  }));
}

export const isChanged = (question, values) => Object.keys(given(question, values, true)).length > 0;

export function collected(question, values) {
  const found = given(question, values, false);
  return Object.keys(found).length > 0 ? { values: found } : null;
}

export function verified(question, values) {
  const found = given(question, values, true);
  return Object.keys(found).length > 0 ? { decision: "change", values: found } : { decision: "confirm" };
}

// How many may be chosen, in words; null when it goes without saying.
export function choiceRule({ min, max, options }) {
  const most = max ?? options.length;
  if (most === 1) return min > 0 ? "Choose one." : "Choose one, or none.";
  if (min > 0 && most < options.length) return `Choose ${min} to ${most}.`;
  if (min > 0) return `Choose at least ${min}.`;
  return most < options.length ? `Choose up to ${most}, or none.` : "Choose what you want, or nothing.";
}

const DECISIONS = {
  allow: "Approved", deny: "Refused", confirm: "Confirmed", change: "Changed", abandon: "Dropped",
  continue: "Went on", advise: "Advice", comment: "Comment", stop: "Stopped",
};

// A settled question in a few words: { words, detail, good }.
export function outcomeOf(question) {
  if (!question || question.state === "open" || question.state === "pending") return null;
  if (question.state === "cancelled") return { words: "Cancelled", detail: null, good: false };
  const answer = question.answer ?? {};
  if (question.state === "expired") return { words: "Nobody answered in time", detail: null, good: false };
  const words = answer.abandon ? "Dropped" : DECISIONS[answer.decision] ?? "Answered";
  const bad = answer.abandon || ["deny", "abandon", "stop"].includes(answer.decision);
  return { words, detail: detailOf(question, answer), good: !bad };
}

function detailOf(question, answer) {
  if (answer.note || answer.text) return answer.note ?? answer.text;
  if (answer.values) {
    const labels = Object.fromEntries((question.fields ?? []).map((field) => [field.key, field.label]));
    return Object.entries(answer.values).map(([key, value]) => `${labels[key] ?? key}: ${shownValue(value)}`).join("\n");
  }
  if (answer.choices) {
    const chosen = (question.options ?? []).filter((option) => answer.choices.includes(option.index) || answer.choices.includes(option.id));
    return chosen.length > 0 ? chosen.map((option) => option.title).join("\n") : "Nothing chosen";
  }
  return null;
}
