// Labelled fields of the forms about tests.
import { html } from "../../html.js";

export function Field({ name, label, hint, value, onValue, long, ...more }) {
  const hinted = hint ? { "aria-describedby": `${name}-hint` } : {};
  const given = { id: name, value, onInput: (event) => onValue(event.target.value), ...hinted, ...more };
  return html`<div class="field"><label for=${name}>${label}</label>${long ? html`<textarea rows="3" ...${given}></textarea>` : html`<input ...${given} />`}
    ${hint && html`<p class="quiet small" id=${`${name}-hint`}>${hint}</p>`}</div>`;
}

// `options`: [[value, words]].
export function Choice({ name, label, hint, value, options, onValue }) {
  return html`<div class="field"><label for=${name}>${label}</label>
    <select id=${name} value=${value} aria-describedby=${hint ? `${name}-hint` : undefined} onChange=${(event) => onValue(event.target.value)}>${options.map(([key, words]) => html`
      <option key=${key} value=${key} selected=${key === value}>${words}</option>`)}</select>
    ${hint && html`<p class="quiet small" id=${`${name}-hint`}>${hint}</p>`}</div>`;
}

export function Tick({ label, checked, disabled, onChecked }) {
  return html`<label class="check"><input type="checkbox" checked=${checked} disabled=${disabled} onChange=${(event) => onChecked(event.target.checked)} /><span>${label}</span></label>`;
}
