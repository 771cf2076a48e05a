// Flags that are on or off, by their names.
import { html } from "../../../html.js";

export function Switches({ open, part }) {
  const values = open.store.values()[part.type] ?? [];
  const flip = (value, name, on) => (value
    ? open.act({ op: "set", type: part.type, value_id: value.id, fields: { value: on } })
    : open.act({ op: "add", type: part.type, fields: { name, value: on } }));
  return html`
    <fieldset class="lib-group"><legend>${part.label}</legend>${part.on.map(([name, words]) => {
      const value = values.find((each) => each.fields.name === name);
      return html`<label class="check" key=${name}><input type="checkbox" checked=${value?.fields.value === true} disabled=${!open.draft.may.edit}
        onChange=${(event) => flip(value, name, event.target.checked)} /><span>${words}</span></label>`;
    })}</fieldset>`;
}
