// Flags that are on or off, by their names: [flag, words, type]. One with a type is on, without a word, if there is something of it.
import { html } from "../../../html.js";
import { Flip } from "./flip.js";

export function Switches({ open, part }) {
  const values = open.store.values()[part.type] ?? [];
  const flip = async (name, on) => {
    await open.attempt(() => open.store.flush());
    const value = (open.store.values()[part.type] ?? []).find((each) => each.fields.name === name);
    await open.act(value ? { op: "set", type: part.type, value_id: value.id, fields: { value: on } } : { op: "add", type: part.type, fields: { name, value: on } });
  };
  return html`
    <fieldset class="lib-group"><legend>${part.label}</legend>${part.on.map(([name, words, of]) => {
      const value = values.find((each) => each.fields.name === name);
      const on = value ? value.fields.value === true : Boolean(of) && (open.store.values()[of] ?? []).length > 0;
      return html`<${Flip} key=${name} label=${words} checked=${on} disabled=${!open.draft.may.edit} onFlip=${(wanted) => flip(name, wanted)} />`;
    })}</fieldset>`;
}
