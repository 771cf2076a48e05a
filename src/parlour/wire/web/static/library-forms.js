// What the editors of the usual artifacts show, section by section. All other types are shown as their fields are. Pure.

const name = (hint) => ({ how: "text", type: "names", field: "name", label: "Name", hint, max: 200 });
const description = (hint) => ({ how: "text", type: "descriptions", field: "description", label: "Description", hint, long: true });
const DEPARTMENTS = { how: "links", type: "departments", label: "Departments", hint: "Who teaches in one of them can read and edit it. Without one, every author can read it.", add: "Add a department" };
const DETAILS = { how: "pairs", type: "parameter_fields", label: "Details to fill in", item: "detail", hint: "Where the text says {{place}}, the value of “place” stands in the conversation.", add: "Add a detail" };

const STATEMENT = [
  { name: "name", kind: "string", label: "Statement" }, { name: "value", kind: "bool", label: "It is true" }, { name: "description", kind: "string", label: "More about it", long: true },
];

const FORMS = {
  persona: [
    { title: "Who it is", parts: [
      name("As the learner sees it."), description("One or two sentences. The learner reads them before the conversation."),
      { how: "face", type: "colors", field: "hex_code", label: "Colour and sign" },
    ] },
    { title: "How they behave", parts: [
      { how: "text", type: "instructions", field: "template", label: "Instructions", long: true, rows: 8,
        hint: "Speak to the persona: “You are …”. Say what they want, what they know, what they will not do, and when they give way. Learners never see this." },
      { how: "list", type: "examples", field: "example", label: "How they talk", item: "Example", hint: "A few lines in their own words.", add: "Add an example" },
    ] },
    { title: "More", folded: true, parts: [
      { ...DETAILS, hint: "Suggestions for the {{placeholders}} of the instructions. Each scenario says its own." },
      { how: "plain", type: "flags", label: "What holds of them", item: "statement", hint: "Short statements that are true of them, or are not: “has read the syllabus”.", add: "Add a statement", fields: STATEMENT, fresh: { name: "", value: true, description: "" } },
      { how: "text", type: "voices", field: "voice", label: "Voice", hint: "The name of a voice, for conversations that are spoken." }, DEPARTMENTS,
    ] },
  ],
  scenario: [
    { title: "The situation", parts: [
      name("As it stands on the learner's screen."), description("For you and your colleagues, and on the learner's card."),
      { how: "list", type: "problem_statements", field: "problem_statement", label: "What is going on", item: "Situation", long: true, hint: "What the learner knows when the conversation begins.", add: "Add a situation" },
      { how: "list", type: "objectives", field: "objective", label: "What to aim for", item: "Aim", hint: "What a good conversation reaches, one in a line.", add: "Add an aim" },
    ] },
    { title: "Who is there", parts: [
      { how: "links", type: "personas", label: "Personas", hint: "One is enough; up to five can talk together.", add: "Choose a persona", write: { words: "Write a new persona here", fields: { name: "", description: "", instructions: "" } } },
      { ...DETAILS, hint: "Values for the {{placeholders}} in the instructions of the personas." },
    ] },
    { title: "What can be consulted", parts: [{ how: "links", type: "documents", label: "Documents", add: "Choose a document", write: { words: "Write a new document here", fields: { name: "", description: "", text: "" } } }] },
    { title: "Pictures and videos", parts: [
      { how: "media", type: "images", label: "Pictures", hint: "They stand beside the conversation.", add: "Add a picture" },
      { how: "media", type: "videos", label: "Videos", hint: "Questions can stop a video: say below at which second.", add: "Add a video" },
    ] },
    { title: "Questions", parts: [{ how: "questions", type: "questions", label: "Quiz questions" }] },
    { title: "More", folded: true, parts: [
      { how: "switches", type: "scenario_flags", label: "What the learner sees", on: [
        ["problem_statement_enabled", "The situation", "problem_statements"], ["objectives_enabled", "The aims", "objectives"], ["questions_enabled", "The questions", "questions"],
        ["images_enabled", "The pictures", "images"], ["video_enabled", "The videos", "videos"]] },
      DEPARTMENTS,
    ] },
  ],
  rubric: [
    { title: "What it grades", parts: [name("As it stands above a grade."), description("What kind of conversation it is for.")] },
    { title: "Criteria and levels", parts: [{ how: "rubric", type: "standard_groups" }] },
    { title: "Example conversations", folded: true, parts: [{ how: "anchors", type: "anchors", label: "Example conversations" }] },
    { title: "More", folded: true, parts: [
      { how: "switches", type: "flags", label: "It grades", on: [["simulation_rubric", "Conversations"], ["video_rubric", "Videos with questions"]] }, DEPARTMENTS] },
  ],
  simulation: [
    { title: "What it is", parts: [name("As it stands on the learner's card."), description("What the learner will practise.")] },
    { title: "Scenarios in order", parts: [{ how: "scenarios", type: "scenarios" }] },
    { title: "More", folded: true, parts: [{ how: "switches", type: "flags", label: "Use", on: [["practice", "May be practised without being assigned"]] }, DEPARTMENTS] },
  ],
  cohort: [
    { title: "Who they are", parts: [name("A class, a group, a team."), description("For you and your colleagues.")] },
    { title: "Learners", parts: [{ how: "people", type: "profiles", label: "Learners", add: "Add a learner", plays: true }] },
    { title: "Who teaches them", parts: [{ how: "people", type: "instructors", label: "Teachers", add: "Add a teacher" }] },
    { title: "What is assigned", parts: [{ how: "assigned", type: "simulations", label: "Simulations", add: "Assign a simulation" }] },
    { title: "More", folded: true, parts: [DEPARTMENTS] },
  ],
  document: [
    { title: "What it is", parts: [name("As it stands in the list of documents."), description("One sentence about it.")] },
    { title: "Text", parts: [
      { how: "text", type: "texts", field: "text", label: "Text", long: true, rows: 14, max: 200000 },
      { ...DETAILS, type: "fields", hint: "Where the text says {{place}}, the value of “place” stands. What a scenario says goes before it." },
    ] },
    { title: "Pictures", parts: [{ how: "media", type: "images", label: "Pictures", hint: "They stand with the text. Personas know their descriptions.", add: "Add a picture" }] },
    { title: "File", parts: [{ how: "file", type: "uploads", label: "File", hint: "Learners open it beside the conversation. Personas and the assistant know only the text above.", add: "Attach a file" }] },
    { title: "More", folded: true, parts: [{ how: "switches", type: "flags", label: "Use", on: [["template", "It is a template that is filled in for each conversation"]] }, DEPARTMENTS] },
  ],
};

// Kept by other sections, or by nobody: not shown as plain fields.
const HELD = {
  persona: ["icons", "colors", "dialogues"], rubric: ["points", "pass_points", "standards"], cohort: ["simulation_positions", "simulation_availability", "profile_personas", "flags"],
  simulation: ["scenario_positions", "scenario_rubrics", "scenario_time_limits", "scenario_flags"],
};

// `about`: the row of the type in /authoring/types. What the form of ours does not name stands under More.
export function formOf(artifactType, about) {
  const form = FORMS[artifactType];
  const rows = about?.resource_types ?? [];
  if (!form) return [{ title: "What it is", parts: rows.map(plainPart) }];
  const named = new Set([...form.flatMap((section) => section.parts.map((part) => part.type)), ...(HELD[artifactType] ?? [])]);
  const others = rows.filter((row) => !named.has(row.name)).map(plainPart);
  return form.map((section) => (section.title === "More" ? { ...section, parts: [...section.parts, ...others] } : section));
}

export function plainPart(row) {
  const [field] = row.fields;
  if (row.link_to) return { how: "links", type: row.name, label: row.label, add: "Add one", to: row.link_to };
  if (row.fields.length === 1 && field.kind === "string" && !field.choices) {
    if (row.single) return { how: "text", type: row.name, field: field.name, label: row.label, long: field.long };
    return { how: "list", type: row.name, field: field.name, label: row.label, item: row.label, long: field.long, add: "Add one" };
  }
  return { how: "plain", type: row.name, label: row.label, single: row.single, fields: row.fields, add: "Add one" };
}

const LINKS = { personas: "persona", documents: "document", departments: "department", scenarios: "scenario", simulations: "simulation", rubrics: "rubric" };

export const linkOf = (part, about) => part.to ?? about?.resource_types.find((row) => row.name === part.type)?.link_to ?? LINKS[part.type] ?? null;

const SAID = {
  problem_statements: "Situations", objectives: "Aims", colors: "Colour", icons: "Sign", parameter_fields: "Details", fields: "Details", images: "Pictures", examples: "How they talk",
  scenario_positions: "Order", simulation_positions: "Order", scenario_rubrics: "Rubrics", scenario_time_limits: "Time limits", simulation_availability: "Dates",
};
const FLAGS = { persona: "What holds of them", scenario: "What the learner sees", rubric: "What it grades", simulation: "How conversations go", document: "Use as a template" };

// What a type of values is called where it has a form: as the form calls it. `row`: of /authoring/types.
export function labelIn(artifactType, row) {
  if (!FORMS[artifactType]) return row.label;
  if (row.name === "flags" && artifactType === "simulation") return "Free practice";
  return (/^(scenario_)?flags$/.test(row.name) && FLAGS[artifactType]) || SAID[row.name] || row.label;
}

// What the assistant can write of this artifact: [{ name, label }]. `types`: what this server has engines for.
export const writable = (about, types) => (about?.resource_types ?? []).filter((row) => row.can_generate && (row.name !== "images" || types.images) && (row.name !== "videos" || types.videos))
  .map((row) => ({ ...row, label: labelIn(about.type, row) }));

const SMALL = new Set(["flags", "scenario_flags", "scenario_positions", "simulation_positions", "parameter_fields", "images", "videos", "uploads", "departments", "voices", "documents", "questions",
  "profiles", "instructors", "profile_personas", "simulation_availability", "scenario_time_limits"]);

// What it writes unless one says otherwise: what is not there yet, and what goes with it.
export function suggested(offered, values) {
  const main = offered.map((row) => row.name).filter((name) => !SMALL.has(name));
  const empty = main.filter((name) => (values[name] ?? []).length === 0);
  return empty.length > 0 ? empty : main;
}

// What comes next after publishing: { type, words, link }, `link`: where the published one goes in the new draft.
export const NEXT = {
  persona: { type: "scenario", link: "personas", words: "Write a scenario with them" },
  document: { type: "scenario", link: "documents", words: "Write a scenario with it" },
  scenario: { type: "simulation", link: "scenarios", words: "Put it in a simulation" },
  simulation: { type: "cohort", link: "simulations", words: "Assign it to a new cohort" },
};
