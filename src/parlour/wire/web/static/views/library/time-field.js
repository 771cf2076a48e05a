// A point in time, in the person's own time zone. It is taken when the field is left: while it is typed, a year has one digit first.
import { html, useState } from "../../html.js";

const YEAR_MIN = 1970;

// `value`: RFC 3339 or null. `onTime(text)`: the same.
export function TimeField({ label, about, value, readOnly, onTime }) {
  const [typed, setTyped] = useState(null);
  const shown = localTime(value);
  const commit = (event) => {
    setTyped(null);
    const text = event.target.value;
    if (event.target.validity.badInput || text === shown) return;
    const at = text ? new Date(text) : null;
    if (!at || at.getFullYear() >= YEAR_MIN) onTime(at?.toISOString() ?? null);
  };
  return html`<label class="lib-inline">${label}<span class="unseen">${about}</span>
    <input type="datetime-local" value=${typed ?? shown} readOnly=${readOnly} max="9999-12-31T23:59" onInput=${(event) => setTyped(event.target.value)} onBlur=${commit} /></label>`;
}

export function localTime(text) {
  if (!text) return "";
  const at = new Date(text);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
