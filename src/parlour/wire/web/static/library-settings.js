// How the conversation of one scenario goes: every flag of a chat (specification 1.2) in plain words. Pure.
import { lower } from "./library-words.js";

// Without a word in the simulation these are as the scenario has them.
const AS_SCENARIO = [
  ["problem_statement_enabled", "The situation"], ["objectives_enabled", "The aims"], ["questions_enabled", "The questions"],
  ["images_enabled", "The pictures"], ["video_enabled", "The videos"],
];

export const PART = "What is part of it";

// [title, [[flag, words, what it is without a word]]].
const TICKS = [
  ["What the learner may do", [
    ["text_enabled", "Write", true], ["audio_enabled", "Speak and listen", true], ["hints_enabled", "See hints, when practising alone", true],
    ["copy_paste_allowed", "Copy and paste", true], ["use_custom", "Change persona and details before the first conversation", false],
    ["use_previous", "Take over a graded conversation from an earlier attempt", false],
  ]],
  ["Of that, the learner sees", [
    ["show_problem_statement", "The situation", true], ["show_objectives", "The aims", true], ["show_images", "The pictures", true],
  ]],
  ["What comes with the grade", [
    ["strengths_enabled", "What went well", true], ["improvements_enabled", "What could go better", true],
    ["replacements_enabled", "What could have been said instead", true], ["analyses_enabled", "A look at the whole conversation", true],
  ]],
  ["What is written anew for each conversation", [
    ["generate_names", "Name", false], ["generate_descriptions", "Description", false], ["generate_personas", "Personas", false],
    ["generate_documents", "Documents", false], ["generate_problem_statements", "Situation", false], ["generate_objectives", "Aims", false],
    ["generate_images", "Pictures (not made yet)", false], ["generate_videos", "Videos (not made yet)", false], ["generate_questions", "Questions", false],
    ["generate_options", "Answers of the questions", false], ["generate_parameter_fields", "Details", false],
  ]],
];

export const SETTINGS = { asScenario: AS_SCENARIO, ticks: TICKS };

// Nothing makes these for a conversation yet: who has them on may turn them off, and nobody turns them on.
const NOT_MADE = new Set(["generate_images", "generate_videos"]);
export const mayFlip = (name, on) => on || !NOT_MADE.has(name);

// What follows from a flag: questions that are written anew need answers that are.
export function alsoOf(name, on) {
  if (name === "generate_questions" && on) return { generate_options: true };
  return name === "generate_options" && !on ? { generate_questions: false } : {};
}

export const flagsOf = (values, scenarioId) => (values ?? []).filter((each) => each.fields.scenario_id === scenarioId);

// What is told of one flag: true, false, or null where the simulation says nothing.
export function saidOf(values, scenarioId, name) {
  const said = flagsOf(values, scenarioId).filter((each) => each.fields.name === name).at(-1)?.fields.value;
  return said == null ? null : said !== false;
}

// The ops that make a flag `wanted`; null and what it is anyway take its values out.
export function flagOps(values, scenarioId, name, wanted) {
  const usual = TICKS.flatMap(([, rows]) => rows).find(([each]) => each === name)?.[2] ?? null;
  const found = flagsOf(values, scenarioId).filter((each) => each.fields.name === name);
  const type = "scenario_flags";
  if (wanted === null || wanted === usual) return found.map((each) => ({ op: "remove", type, value_id: each.id }));
  const [first, ...others] = found;
  return [
    first ? { op: "set", type, value_id: first.id, fields: { value: wanted } } : { op: "add", type, fields: { scenario_id: scenarioId, name, value: wanted } },
    ...others.map((each) => ({ op: "remove", type, value_id: each.id })),
  ];
}

// What differs from the usual, each in few words.
export function unusual(values, scenarioId) {
  const differs = (title, usual) => ([name, words]) => {
    const said = saidOf(values, scenarioId, name);
    return said === null || said === usual(name) ? [] : [`${title}: ${lower(words)}${said ? "" : ", no"}`];
  };
  const usually = new Map(TICKS.flatMap(([, rows]) => rows.map(([name, , usual]) => [name, usual])));
  return [
    ...AS_SCENARIO.flatMap(differs(PART, () => null)),
    ...TICKS.flatMap(([title, rows]) => rows.flatMap(differs(title, (name) => usually.get(name)))),
  ];
}
