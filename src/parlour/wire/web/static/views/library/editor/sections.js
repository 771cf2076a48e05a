// The sections of a form, each part shown as it asks to be.
import { html } from "../../../html.js";
import { formOf } from "../../../library-forms.js";
import { wordsOf } from "../../../library-streams.js";
import { Anchors } from "./anchors.js";
import { Assigned } from "./assigned.js";
import { DocumentFile } from "./document-file.js";
import { FaceFields } from "./face-fields.js";
import { Written } from "./field.js";
import { Links } from "./links.js";
import { Pairs, PlainList, TextList } from "./lists.js";
import { Finding } from "./marks.js";
import { MediaList } from "./media.js";
import { People } from "./people.js";
import { Questions } from "./questions.js";
import { RubricTable } from "./rubric.js";
import { Scenarios } from "./scenarios.js";
import { Switches } from "./switches.js";

const VIEWS = {
  text: Text, number: Text, list: TextList, pairs: Pairs, plain: PlainList, links: Links, switches: Switches, face: FaceFields, rubric: RubricTable,
  scenarios: Scenarios, people: People, assigned: Assigned, questions: Questions, anchors: Anchors, media: MediaList, file: DocumentFile,
};

export function Sections({ open, api, types }) {
  const about = types.types.find((each) => each.type === open.draft.artifact_type);
  return formOf(open.draft.artifact_type, about).map((section) => {
    const parts = section.parts.map((part) => html`<${Part} key=${part.type} open=${open} api=${api} about=${about} part=${part} />`);
    if (section.folded) {
      return html`<details class="lib-section" key=${section.title}><summary><h2>${section.title}</h2></summary>${parts}</details>`;
    }
    return html`<section class="lib-section" key=${section.title}><h2>${section.title}</h2>${parts}</section>`;
  });
}

function Part({ open, part, ...given }) {
  const View = VIEWS[part.how];
  return html`<div class="lib-part" id=${`part-${part.type}`}>
    <${View} open=${open} part=${part} ...${given} />
    <${Loose} open=${open} type=${part.type} />
    <${Streaming} open=${open} type=${part.type} />
  </div>`;
}

function Text({ open, part }) {
  const value = (open.store.values()[part.type] ?? [])[0] ?? null;
  return html`<${Written} open=${open} place=${{ type: part.type, valueId: null, single: true }} value=${value} field=${part.field} label=${part.label}
    hint=${part.hint} long=${part.long} rows=${part.rows} max=${part.max} number=${part.how === "number"} />`;
}

// Findings about a type as a whole, or about a value that no field shows.
function Loose({ open, type }) {
  const found = (open.findings ?? []).filter((each) => each.type === type && !each.field);
  return found.map((each) => html`<${Finding} key=${each.code + (each.value_id ?? "")} finding=${each} />`);
}

// What the assistant writes just now.
function Streaming({ open, type }) {
  const parts = open.run.parts.filter((part) => part.type === type || (type === "standard_groups" && part.type === "standards"));
  if (parts.length === 0) return null;
  return html`<div class="lib-streaming" aria-live="off">${parts.map((part) => html`<p key=${part.id}><span class="pulse" aria-hidden="true"></span><span class="prose">${wordsOf(part) || "…"}</span></p>`)}</div>`;
}

