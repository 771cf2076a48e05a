// The library in words for people. Pure.

export const MAIN = ["persona", "scenario", "rubric", "simulation", "cohort", "document"];

const ABOUT = {
  persona: "Somebody to talk with: who they are and how they speak.",
  scenario: "A situation to practise: who is met, and what it is about.",
  rubric: "What a conversation is graded by: criteria and their levels.",
  simulation: "Scenarios in order, each with its rubric.",
  cohort: "People who learn together, and what is assigned to them.",
  document: "A text that can be consulted during a conversation.",
};
export const aboutOf = (type) => ABOUT[type] ?? "";

export const labelOf = (type, types) => types?.types.find((each) => each.type === type)?.label ?? capital(type.replaceAll("_", " "));

export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

export const lower = (text) => text.charAt(0).toLowerCase() + text.slice(1);

export const inWords = (name) => capital(name.replaceAll(/[_-]+/g, " "));

export const nameOf = (artifact) => artifact?.name || "Without a name";

const WHO = { person: "a person", model: "the assistant", both: "the assistant, then a person" };

// Who made a value, told only where a model had a part in it.
export function madeBy(value) {
  const who = new Set(Object.values(value?.by ?? {}));
  if (who.has("both") || (who.has("model") && who.has("person"))) return WHO.both;
  return who.has("model") ? WHO.model : null;
}

export const byWords = ({ person, model, both }) => [
  person > 0 && `${person} by people`, model > 0 && `${model} by the assistant`, both > 0 && `${both} by both`,
].filter(Boolean).join(", ");

export const SEVERITIES = {
  error: { sign: "✕", word: "To mend" }, warning: { sign: "!", word: "Worth a look" }, note: { sign: "i", word: "Note" },
};

// One sentence about the findings.
export function verdictOf(findings) {
  const of = (severity) => findings.filter((each) => each.severity === severity).length;
  const [errors, others] = [of("error"), of("warning")];
  if (errors > 0) return { kind: "red", words: `${errors === 1 ? "One thing has" : `${errors} things have`} to be mended before it can be published.` };
  if (others > 0) return { kind: "amber", words: `Nothing stands in the way. ${others === 1 ? "One thing is" : `${others} things are`} worth a look.` };
  return { kind: "green", words: "No faults found." };
}

export function stateWords({ dirty, busy, trouble }) {
  if (trouble && dirty) return { kind: "missed", words: trouble.again ? "Not saved yet. It is kept safe here." : "Not saved." };
  if (dirty || busy) return { kind: "pending", words: "Saving…" };
  return { kind: "passed", words: "Saved" };
}

export const CHANGES = { added: "New", removed: "Taken out", changed: "Changed", moved: "Moved" };

// A refusal with what it found wrong.
export const refusalWords = ({ detail, errors }) => [detail, ...new Set((errors ?? []).map((each) => each.message).filter((words) => !detail?.includes(words)))].filter(Boolean).slice(0, 6).join(" ");

// A field's content as text, for comparing.
export function asText(given) {
  if (given == null || given === "") return "";
  if (typeof given === "string") return given;
  if (typeof given === "boolean") return given ? "yes" : "no";
  if (Array.isArray(given)) return given.map(asText).join(", ");
  if (typeof given === "object") return given.name ?? given.objective ?? given.question_text ?? given.text ?? given.template
    ?? Object.values(given).map(asText).filter(Boolean).join(" · ");
  return String(given);
}

// Values that the assistant proposed and nobody has accepted or refused yet.
export const unseen = (values) => Object.values(values ?? {}).flat().filter((value) => value.state === "proposed").length;

export const proposalsWords = (count) => (count === 1 ? "One proposal of the assistant is not looked at yet. Publishing accepts it."
  : `${count} proposals of the assistant are not looked at yet. Publishing accepts them.`);

// Whether words came from the offline author and nobody has worked on them since.
export const isFromTemplate = (value) => (value?.made_by ?? "").startsWith("scripted") && !value.linked
  && Object.values(value.by ?? {}).every((who) => who === "model") && Object.values(value.fields).some((field) => typeof field === "string" && /\S\s+\S/.test(field));

export const drafted = (values) => Object.values(values ?? {}).flat().filter(isFromTemplate).length;

// With what the assistant made it: the model's name, or that there was none.
export const maker = (value) => (value?.made_by ? (value.made_by.startsWith("scripted") ? "offline, from a template" : value.made_by) : null);
