// One field of a value: its label, what is typed, who made it, and what is wrong with it.
import { html } from "../../../html.js";
import { Clash, Findings, Marks } from "./marks.js";

export const idOf = (type, valueId, field) => `v-${type}-${valueId || "one"}-${field}`;

// `place`: { type, valueId, single }. `value`: the value, or null. `label` may be unseen where the place says it; `after`: more of it, for those who do not see the place.
export function Written({ open, place, value, field, label, after, hint, quiet, ...how }) {
  const id = idOf(place.type, place.single ? null : place.valueId, field);
  const may = open.draft.may.edit;
  const hints = [hint && `${id}-hint`, `${id}-said`].filter(Boolean).join(" ");
  const onInput = (event) => open.store.type(place, field, how.number ? numberIn(event.target.value) : event.target.value);
  const given = {
    id, value: value?.fields[field] ?? "", readOnly: !may, maxlength: how.max ?? 20000, onInput, "aria-describedby": hints, dir: "auto", spellcheck: true,
  };
  return html`
    <div class="lib-field" data-proposed=${value?.state === "proposed" ? "yes" : undefined}>
      <label for=${id} class=${quiet ? "unseen" : undefined}>${label}${after && html`<span class="unseen"> ${after}</span>`}</label>
      ${hint && html`<p class="quiet small lib-hint" id=${`${id}-hint`}>${hint}</p>`}
      ${how.long ? html`<textarea rows=${how.rows ?? 3} class=${how.rows > 5 ? "lib-tall" : undefined} ...${given}></textarea>`
        : html`<input ...${given} type=${how.number ? "number" : "text"} min=${how.number ? how.min ?? 0 : undefined} step=${how.number ? how.step ?? 1 : undefined} />`}
      <div class="lib-said" id=${`${id}-said`}>
        <${Findings} open=${open} type=${place.type} valueId=${value?.id ?? null} field=${field} single=${place.single} />
        <${Clash} open=${open} place=${place} field=${field} />
      </div>
      ${place.single && html`<${Marks} open=${open} type=${place.type} value=${value} label=${label} />`}
    </div>`;
}

const numberIn = (text) => (text.trim() === "" ? null : Number(text));

export function Ticked({ open, place, value, field, label, after }) {
  return html`<label class="check"><input type="checkbox" id=${idOf(place.type, place.single ? null : place.valueId, field)} checked=${value?.fields[field] === true} disabled=${!open.draft.may.edit}
    onChange=${(event) => open.store.type(place, field, event.target.checked)} /><span>${label}${after && html`<span class="unseen"> ${after}</span>`}</span></label>`;
}
