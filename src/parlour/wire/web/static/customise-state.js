// What a person may change of the scenario to come, and the change as a draft takes it (the read model of /choices). Pure.

const TYPES = { personas: "personas", documents: "document_ids", parameters: "parameter_fields", situation: "problem_statements", objectives: "objectives" };
const GENERATED = { personas: "personas", documents: "documents", parameters: "parameter_fields", situation: "problem_statements", objectives: "objectives" };

// What the scenario has if nothing is changed.
export function givenIn(choices) {
  const chosen = new Set(choices.chosen);
  return {
    personas: choices.personas.map((persona) => persona.persona_id).filter((id) => chosen.has(id)),
    documents: choices.documents.map((document) => document.document_id).filter((id) => chosen.has(id)),
    parameters: Object.fromEntries(choices.parameter_fields.filter((field) => field.value != null).map((field) => [field.name, field.value])),
    situation: choices.problem_statements[0] ?? "",
    objectives: choices.objectives.join("\n"),
  };
}

export const mayChange = (choices, part) => !choices.generated.includes(GENERATED[part]);

// The parameters that count for the people chosen: those that the scenario has, and those that their texts need.
export function fieldsFor(choices, wanted) {
  const needed = new Set(choices.personas.filter((persona) => wanted.personas.includes(persona.persona_id)).flatMap((persona) => persona.parameters));
  return choices.parameter_fields.filter((field) => needed.has(field.name));
}

// The members that differ, ready for a draft; null if nothing does.
export function changeOf(choices, wanted) {
  const given = givenIn(choices);
  const values = {};
  for (const part of Object.keys(TYPES)) {
    if (mayChange(choices, part) && JSON.stringify(given[part]) !== JSON.stringify(wanted[part])) values[TYPES[part]] = asSent(choices, part, wanted);
  }
  return Object.keys(values).length > 0 ? values : null;
}

function asSent(choices, part, wanted) {
  switch (part) {
    case "personas": return wanted.personas.map((id) => ({ persona_id: id }));
    case "parameters": return Object.entries(wanted.parameters).filter(([, value]) => value.trim()).map(([name, value]) => ({ name, value }));
    case "situation": return [wanted.situation, ...choices.problem_statements.slice(1)].filter((text) => text.trim());
    case "objectives": return wanted.objectives.split("\n").map((line) => line.trim()).filter(Boolean);
    default: return wanted.documents;
  }
}
