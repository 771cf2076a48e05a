// The sources of an answer. Each opens at its page, with the quote beside it.
import { html } from "../../html.js";
import { webAddress } from "../../lab-words.js";
import { day } from "../parts.js";

const KINDS = { paper: "Paper", file: "File", note: "Note", experiment_log: "Experiment log", instrument: "Instrument", message: "Conversation", web: "Web" };

// What the viewer shows of a reference.
export const itemOf = (reference) => ({
  handle: reference.file, title: reference.title, page: reference.page, quote: reference.quote, about: aboutOf(reference), kind: reference.ref_type,
});

export function aboutOf(reference) {
  return [
    KINDS[reference.ref_type] ?? reference.ref_type,
    reference.authors?.length > 0 && reference.authors.join(", "),
    reference.year,
    reference.page != null && `page ${reference.page}`,
    reference.possessor && `held by ${reference.possessor}`,
    reference.experiment && reference.experiment !== reference.title && reference.experiment,
    reference.logged_at && day(reference.logged_at),
    reference.experts?.length > 0 && `experts: ${reference.experts.join(", ")}`,
    reference.doi && `doi ${reference.doi}`,
  ].filter(Boolean).join(" · ");
}

export function Sources({ sources, onShow }) {
  if (sources.length === 0) return null;
  return html`
    <div class="sources">
      <h3>Sources</h3>
      <ol>${sources.map(({ numbers, reference }, index) => html`<li key=${index}><${Source} numbers=${numbers} reference=${reference} onShow=${onShow} /></li>`)}</ol>
    </div>`;
}

function Source({ numbers, reference, onShow }) {
  const address = reference.ref_type === "web" && reference.url ? webAddress(reference.url) : null;
  const body = html`
    ${numbers.length > 0 && html`<span class="source-numbers">${numbers.join(", ")}</span>`}
    <span class="source-words"><span class="source-title">${reference.title}</span> <span class="quiet small">${aboutOf(reference)}</span></span>`;
  if (address) return html`<a class="source" href=${address} target="_blank" rel="noopener noreferrer">${body}</a>`;
  return html`<button type="button" class="source" onClick=${() => onShow(reference)}>${body}</button>`;
}
