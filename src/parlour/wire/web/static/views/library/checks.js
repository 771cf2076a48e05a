// What is wrong with a draft, by rules, at once.
import { html } from "../../html.js";
import { SEVERITIES, verdictOf } from "../../library-words.js";
import { idOf } from "./editor/field.js";
import { Trials } from "./trials.js";

const ORDER = ["error", "warning", "note"];
const TRIED = new Set(["persona", "rubric", "scenario"]);

export function Checks({ api, open }) {
  const { findings } = open;
  const verdict = findings ? verdictOf(findings) : { kind: "none", words: "Looking it through…" };
  const sorted = [...(findings ?? [])].sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
  return html`
    <div class="lib-checks" data-kind=${verdict.kind}>
      <p class="lib-verdict" role="status"><span class="lib-light" aria-hidden="true"></span>${verdict.words}</p>
      ${sorted.length > 0 && html`<ul class="lib-findings">${sorted.map((each, at) => html`<${Row} key=${`${each.code}-${at}`} finding=${each} />`)}</ul>`}
      ${TRIED.has(open.draft.artifact_type) && html`<${Trials} api=${api} open=${open} />`}
    </div>`;
}

function Row({ finding }) {
  const { sign, word } = SEVERITIES[finding.severity];
  return html`<li class="lib-finding" data-severity=${finding.severity}><span class="lib-sign" aria-hidden="true">${sign}</span>
    <span><span class="unseen">${word}: </span>${finding.type
      ? html`<button type="button" class="plain lib-jump" onClick=${() => jumpTo(finding)}>${finding.message}</button>` : finding.message}</span></li>`;
}

// To the field that a finding is about, or as near as there is.
export function jumpTo({ type, value_id: valueId, field }) {
  const target = document.getElementById(idOf(type, valueId, field)) ?? document.getElementById(idOf(type, null, field)) ?? firstFieldOf(type, valueId);
  const folded = target?.closest("details:not([open])");
  if (folded) folded.open = true;
  target?.scrollIntoView({ block: "center" });
  target?.focus({ preventScroll: true });
}

function firstFieldOf(type, valueId) {
  const part = document.getElementById(`part-${type}`);
  return (valueId && document.querySelector(`[id^="v-${type}-${CSS.escape(valueId)}-"]`)) || part?.querySelector("input, textarea, select, button") || null;
}
