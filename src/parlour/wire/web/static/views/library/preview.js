// How a draft looks to a learner, as it is typed.
import { html } from "../../html.js";
import { best, pointsOf, rowsOf, totalOf } from "../../rubric-table.js";
import { Face, minutes, points } from "../parts.js";

const VIEWS = { persona: Persona, scenario: Scenario, rubric: Rubric, simulation: Simulation, document: Paper };

export function Preview({ type, values }) {
  const View = VIEWS[type];
  if (!View) return null;
  return html`<section class="lib-preview" aria-labelledby="preview"><h2 id="preview">How it looks</h2><div class="lib-looks"><${View} values=${values} /></div></section>`;
}

const one = (values, type, field) => values[type]?.[0]?.fields[field] ?? "";
const texts = (values, type, field) => (values[type] ?? []).map((value) => value.fields[field]).filter((text) => text?.trim());
const Named = ({ values }) => html`<strong>${one(values, "names", "name") || "Without a name"}</strong>`;

// Puts the values of details where their names stand in braces.
function fillerOf(details) {
  const said = Object.fromEntries((details ?? []).map(({ fields }) => [fields.name, fields.value]));
  return (text) => text.replace(/\{\{\s*([\w-]+)\s*\}\}/g, (place, name) => said[name] || place);
}

export function Persona({ values }) {
  const color = one(values, "colors", "hex_code");
  const said = texts(values, "examples", "example");
  return html`
    <div class="lib-person"><${Face} name=${one(values, "names", "name") || "?"} color=${color} icon=${one(values, "icons", "value")} />
      <div><${Named} values=${values} /><p class="quiet small">${one(values, "descriptions", "description")}</p></div></div>
    ${said.slice(0, 3).map((text, at) => html`<p key=${at} class="lib-bubble prose">${text}</p>`)}`;
}

export function Scenario({ values }) {
  const filled = fillerOf(values.parameter_fields);
  const situations = texts(values, "problem_statements", "problem_statement").map(filled);
  const aims = texts(values, "objectives", "objective").map(filled);
  const people = (values.personas ?? []).map((value) => value.name || value.fields.name).filter(Boolean);
  return html`
    <${Named} values=${values} /><p>${filled(one(values, "descriptions", "description"))}</p>
    ${people.length > 0 && html`<p class="quiet small">With ${people.join(", ")}</p>`}
    ${situations.length > 0 && html`<h3>The situation</h3><p class="prose">${situations[0]}</p>${situations.length > 1 && html`<p class="quiet small">or one of ${situations.length - 1} more</p>`}`}
    ${aims.length > 0 && html`<h3>What to aim for</h3><ul>${aims.map((aim) => html`<li key=${aim}>${aim}</li>`)}</ul>`}
    ${(values.questions ?? []).map((question) => html`<div key=${question.id}><h3>${question.fields.question_text}</h3>
      <ul>${(question.fields.options ?? []).map((option, at) => html`<li key=${at}>${option.option_text}</li>`)}</ul></div>`)}`;
}

export function Rubric({ values }) {
  const pass = values.pass_points?.[0]?.fields.value;
  return html`
    <${Named} values=${values} /><p class="quiet small">${points(totalOf(values))} in all${pass != null ? `, ${pass} to pass` : ""}</p>
    <ul class="lib-grades">${rowsOf(values).map(({ group, levels }) => html`
      <li key=${group.id}><div class="row apart"><strong>${group.fields.name || "…"}</strong><span>0 to ${best(levels)}</span></div>
        <p class="quiet small">${[...levels].reverse().map((level) => `${pointsOf(level)} ${level.fields.name}`).join(" · ")}</p></li>`)}</ul>`;
}

function Simulation({ values }) {
  const limits = new Map((values.scenario_time_limits ?? []).map((each) => [each.fields.scenario_id, each.fields.time_limit_seconds]));
  const graded = new Set((values.scenario_rubrics ?? []).map((each) => each.fields.scenario_id));
  const scenarios = values.scenarios ?? [];
  return html`
    <${Named} values=${values} /><p>${one(values, "descriptions", "description")}</p>
    <ol>${scenarios.map((each) => html`<li key=${each.id}>${each.name ?? each.fields.name}<br /><span class="quiet small">${[graded.has(each.id) ? "graded" : "not graded", limits.get(each.id) && minutes(limits.get(each.id))].filter(Boolean).join(" · ")}</span></li>`)}</ol>`;
}

function Paper({ values }) {
  return html`<${Named} values=${values} /><p class="quiet small">${one(values, "descriptions", "description")}</p><p class="prose lib-paper">${fillerOf(values.fields)(one(values, "texts", "text"))}</p>`;
}
