// What differs between two versions, or a draft and what is published.
import { html } from "../../html.js";
import { labelIn } from "../../library-forms.js";
import { asText, CHANGES, inWords } from "../../library-words.js";

// `about`: the row of the artifact's type in /authoring/types.
export function Changes({ changes, about }) {
  const label = (type) => {
    const row = about?.resource_types.find((each) => each.name === type);
    return row ? labelIn(about.type, row) : inWords(type);
  };
  const tells = ({ type, field }) => field && !type.startsWith(field) && !["name", "value", "hex_code", "template"].includes(field);
  if (changes.length === 0) return html`<p class="quiet">Nothing differs.</p>`;
  return html`<ul class="lib-changes">${changes.map((each, at) => html`
    <li key=${at}><span class="lib-change" data-kind=${each.kind}>${CHANGES[each.kind] ?? each.kind}</span> <strong>${label(each.type)}</strong>${tells(each) && html` <span class="quiet">${inWords(each.field).toLowerCase()}</span>`}
      ${each.kind !== "moved" && html`<div class="lib-diff">
        ${asText(each.before) && html`<del><span class="unseen">before: </span><span class="sign" aria-hidden="true">−</span> ${asText(each.before)}</del>`}
        ${asText(each.after) && html`<ins><span class="unseen">now: </span><span class="sign" aria-hidden="true">+</span> ${asText(each.after)}</ins>`}</div>`}</li>`)}</ul>`;
}
