// What the learner is saying at this moment.
import { html } from "../../html.js";

// Words of the learner as they are understood; they may still change.
export function Hearing({ hearing, name }) {
  return html`
    <li class="message own hearing">
      <p class="speaker"><span class="unseen">${name}</span></p>
      <p class="bubble prose">${hearing.text || "…"}</p>
      <p class="message-foot"><span>Still being heard</span></p>
    </li>`;
}
