// What an artifact consists of, to read.
import { html } from "../../html.js";
import { formOf } from "../../library-forms.js";
import { unusual } from "../../library-settings.js";
import { asText, isFromTemplate, madeBy } from "../../library-words.js";
import { toArtifact } from "../../router.js";
import { minutes, points } from "../parts.js";
import { Preview, UploadedFile } from "./uploaded.js";
import { best, pointsOf, rowsOf } from "../../rubric-table.js";

export function ValuesView({ api, artifact, about }) {
  const { values } = artifact;
  const sections = formOf(artifact.type, about).map((section) => ({ ...section, parts: section.parts.filter((part) => part.how !== "face" && (values[part.type] ?? []).length > 0) }))
    .filter((section) => section.parts.length > 0);
  return sections.map((section) => html`<section class="lib-section" key=${section.title}><h2>${section.title}</h2>
    ${section.parts.map((part) => html`<${Shown} key=${part.type} api=${api} part=${part} values=${values} />`)}</section>`);
}

function Shown({ api, part, values }) {
  const list = values[part.type];
  if (part.how === "rubric") return html`<${Criteria} values=${values} />`;
  if (part.how === "file") return html`<${UploadedFile} api=${api} uploadId=${list[0].fields.upload_id} />`;
  if (part.how === "media") return html`<${Media} api=${api} part=${part} list=${list} />`;
  if (part.how === "questions") return html`<${Quiz} list=${list} />`;
  if (part.how === "scenarios") return html`<${Scenarios} values=${values} />`;
  const label = part.label && html`<h3>${part.label}</h3>`;
  if (list.length === 1 && !list[0].linked) return html`<div class="lib-part">${label}<p class="prose" dir="auto">${textOf(part, list[0])}<${By} value=${list[0]} /></p></div>`;
  return html`<div class="lib-part">${label}<ul>${list.map((value) => html`<li key=${value.id} dir="auto">${value.linked && part.how !== "people" && part.type !== "departments"
    ? html`<a href=${toArtifact(value.id)}>${value.name ?? "Something you may not read"}</a>` : textOf(part, value)}<${By} value=${value} /></li>`)}</ul></div>`;
}

// In their order, each with its rubric, its time limit, and how it goes where that is unlike the usual.
function Scenarios({ values }) {
  const of = (type, id) => (values[type] ?? []).find((each) => each.fields.scenario_id === id)?.fields;
  return html`<ol>${values.scenarios.map(({ id, name }) => {
    const rubric = of("scenario_rubrics", id);
    const limit = of("scenario_time_limits", id);
    const facts = [!rubric && "not graded", limit?.time_limit_seconds && `${minutes(limit.time_limit_seconds)}${limit.negative ? ", may go on afterwards" : ""}`, ...unusual(values.scenario_flags, id)].filter(Boolean);
    return html`<li key=${id}><a href=${toArtifact(id)}>${name ?? "Something you may not read"}</a>${rubric && html`, <a href=${toArtifact(rubric.rubric_id)}>its rubric</a>`}
      ${facts.length > 0 && html`<br /><span class="quiet small">${facts.join(" · ")}</span>`}</li>`;
  })}</ol>`;
}

function textOf(part, value) {
  if (part.how === "switches") return `${part.on.find(([name]) => name === value.fields.name)?.[1] ?? value.fields.name}: ${value.fields.value ? "yes" : "no"}`;
  if (part.type === "flags") return `${value.fields.name}${value.fields.value === false ? ": no" : ""}`;
  if (part.how === "pairs") return `${value.fields.name}: ${value.fields.value ?? ""}`;
  return value.name ?? asText(part.field ? value.fields[part.field] : value.fields);
}

const By = ({ value }) => (madeBy(value) ? html` <span class="lib-who quiet small">written by ${madeBy(value)}${isFromTemplate(value) ? ", offline from a template" : ""}</span>` : null);

function Media({ api, part, list }) {
  return html`<div class="lib-part"><h3>${part.label}</h3><ul class="lib-media">${list.map((value) => html`<li key=${value.id}><figure class="lib-figure">
    <${Preview} api=${api} uploadId=${value.fields.upload_id} kind=${part.type === "images" ? "picture" : "video"} words=${value.fields.description || value.fields.name} captions=${value.fields.captions ?? []} />
    <figcaption><strong>${value.fields.name}</strong>${value.fields.description && html` <span class="quiet small">${value.fields.description}</span>`}<${By} value=${value} /></figcaption></figure></li>`)}</ul></div>`;
}

function Criteria({ values }) {
  return rowsOf(values).map(({ group, levels }) => html`
    <div class="lib-part" key=${group.id}><div class="row apart"><h3>${group.fields.name}</h3><span class="quiet small">${points(best(levels))}, ${group.fields.pass_points} ${group.fields.pass_points === 1 ? "is" : "are"} enough</span></div>
      ${group.fields.description && html`<p class="quiet">${group.fields.description}</p>`}
      <dl class="numbers">${[...levels].reverse().map((level) => html`<div key=${level.id}><dt>${pointsOf(level)} · ${level.fields.name}</dt><dd>${level.fields.description}</dd></div>`)}</dl></div>`);
}

function Quiz({ list }) {
  return html`<ol>${list.map((value) => html`<li key=${value.id}>${value.fields.question_text}
    <ul>${(value.fields.options ?? []).map((option, at) => html`<li key=${at}>${option.option_text}${option.is_correct ? html` <span class="quiet small">(right)</span>` : ""}</li>`)}</ul></li>`)}</ol>`;
}
