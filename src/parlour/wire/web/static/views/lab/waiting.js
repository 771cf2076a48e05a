// Questions of colleagues that were given to this person.
import { html } from "../../html.js";
import { LabQuestion } from "./question.js";

export function Waiting({ lab, onShow }) {
  const { assigned } = lab.store.state;
  const open = assigned.filter((question) => question.state === "open");
  if (open.length === 0) return null;
  return html`
    <section class="waiting-for-me" aria-labelledby="waiting-title">
      <h2 id="waiting-title">Waiting for you</h2>
      ${open.map((question) => html`
        <article key=${question.question_id} class="card">
          <p class="quiet small">A colleague asks you to answer this.</p>
          ${question.note && html`<p class="prose asked-note">${question.note}</p>`}
          <${LabQuestion} lab=${lab} question=${question} onShow=${onShow} />
        </article>`)}
    </section>`;
}
