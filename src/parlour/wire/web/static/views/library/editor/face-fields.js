// The colour and the sign of a persona.
import { html } from "../../../html.js";
import { Face } from "../../parts.js";
import { Marks } from "./marks.js";

const COLOURS = ["#1d5a55", "#7a3e9d", "#b4541f", "#2f5d9b", "#8c2f4a", "#4b6b2f", "#6b5b3e", "#444a57"];

export function FaceFields({ open, part }) {
  const values = open.store.values();
  const color = values.colors?.[0]?.fields.hex_code ?? "";
  const icon = values.icons?.[0]?.fields.value ?? "";
  const may = open.draft.may.edit;
  const set = (type, field) => (text) => open.store.type({ type, valueId: null, single: true }, field, text);
  return html`
    <fieldset class="lib-group"><legend>${part.label}</legend>
      <div class="lib-face"><${Face} name=${values.names?.[0]?.fields.name || "?"} color=${color} icon=${icon} />
        <span class="lib-colours">${COLOURS.map((each, at) => html`<button type="button" key=${each} class="lib-colour" disabled=${!may} aria-pressed=${color.toLowerCase() === each} aria-label=${`Colour ${at + 1}`}
          style=${{ backgroundColor: each }} onClick=${() => set("colors", "hex_code")(each)}></button>`)}</span>
        <label class="lib-inline">Other <input type="color" value=${/^#[0-9a-f]{6}$/i.test(color) ? color : COLOURS[0]} disabled=${!may} onInput=${(event) => set("colors", "hex_code")(event.target.value)} /></label>
        <label class="lib-inline">Sign <input class="lib-short" value=${icon} maxlength="8" placeholder="🎻" readOnly=${!may} onInput=${(event) => set("icons", "value")(event.target.value)} /></label></div>
      <${Marks} open=${open} type="colors" value=${values.colors?.[0]} label="colour" /><${Marks} open=${open} type="icons" value=${values.icons?.[0]} label="sign" />
    </fieldset>`;
}
