// A choice that is sent at once: it stays as it was chosen while the server is asked.
import { html, useState } from "../../../html.js";

// `onWanted(value)` gives a promise; when it is over, `value` of the draft counts again.
export function useWanted(value, onWanted) {
  const [wanted, setWanted] = useState(null);
  const want = async (next) => {
    const mine = { next };
    setWanted(mine);
    await onWanted(next);
    setWanted((now) => (now === mine ? null : now));
  };
  return [wanted ? wanted.next : value, want];
}

export function Flip({ label, about, checked, disabled, onFlip }) {
  const [on, flip] = useWanted(checked, onFlip);
  return html`<label class="check"><input type="checkbox" checked=${on} disabled=${disabled} onChange=${(event) => flip(event.target.checked)} /><span>${label}${about && html`<span class="unseen">${about}</span>`}</span></label>`;
}

// `options`: [[value, words]].
export function Answer({ id, label, value, options, disabled, onAnswer }) {
  const [now, answer] = useWanted(value, onAnswer);
  return html`<div class="lib-inline"><label for=${id}>${label}</label><select id=${id} value=${now} disabled=${disabled} onChange=${(event) => answer(event.target.value)}>
    ${options.map(([key, words]) => html`<option key=${key} value=${key} selected=${key === now}>${words}</option>`)}</select></div>`;
}
