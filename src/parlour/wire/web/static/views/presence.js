// Who is in the chat at this moment. Everybody who reads along is seen by everybody else.
import { html } from "../html.js";
import { phrasesFor } from "../presence.js";

export function Presence({ people, me }) {
  const phrases = phrasesFor(people ?? [], me);
  return html`
    <p class="presence" role="status">${phrases.map((phrase) => html`
      <span key=${phrase.id}><span class="dot" aria-hidden="true"></span>${phrase.text}</span>`)}</p>`;
}
