// Example conversations of a rubric: a weak, a middling and a strong one, by which it is tried out.
import { html } from "../../../html.js";
import { Chosen, Tools, useAdded } from "./lists.js";
import { Written } from "./field.js";

const LEVELS = [["weak", "Weak"], ["middling", "Middling"], ["strong", "Strong"]];

export function Anchors({ open }) {
  const values = open.store.values().anchors ?? [];
  const added = useAdded(open, "anchors", "text");
  const missing = LEVELS.map(([level]) => level).find((level) => !values.some((each) => each.fields.level === level)) ?? "weak";
  const add = () => { added(); open.act({ op: "add", type: "anchors", fields: { level: missing, text: "" } }); };
  return html`
    <p class="quiet small lib-hint">Short conversations in lines that begin with “Learner:” and “Persona:”. The check grades them: the strong one must come out clearly above the weak one.</p>
    <ol class="lib-items">${values.map((value, at) => {
      const place = { type: "anchors", valueId: value.id, single: false };
      return html`<li key=${value.id}><div class="lib-item"><div class="lib-fields">
        <${Chosen} open=${open} place=${place} value=${value} field="level" label=${`How good example ${at + 1} is`} options=${LEVELS} />
        <${Written} open=${open} place=${place} value=${value} field="text" label=${`Example conversation ${at + 1}`} quiet long rows=${5} />
        </div><${Tools} open=${open} type="anchors" value=${value} at=${at} many=${values.length} what=${`example ${at + 1}`} /></div></li>`;
    })}</ol>
    ${open.draft.may.edit && html`<button type="button" class="lib-add" onClick=${add}>Add an example conversation</button>`}`;
}
