// What programs decided about a case, and which of two judges preferred.
import { html } from "../../html.js";

export function Checks({ checks }) {
  if (checks.length === 0) return null;
  return html`
    <section class="grade" aria-labelledby="checks"><h3 id="checks">Checks</h3>
      <ul class="check-list">${checks.map((check, at) => html`
        <li key=${at} data-passed=${check.passed ? "yes" : "no"}><span class="check-sign" aria-hidden="true">${check.passed ? "✓" : "✗"}</span>
          <span><strong>${check.key}</strong> <span class="quiet">${check.passed ? "holds" : "does not hold"}${check.turn != null ? ` in answer ${check.turn}` : ""}${check.required ? "" : ", not required"}</span>
          ${check.detail && html`<span class="under">${check.detail}</span>`}</span></li>`)}</ul></section>`;
}

const CHOICES = { this: "preferred this", other: "preferred the other", tie: "found them alike" };

export function Preferences({ preferences }) {
  if (preferences.length === 0) return null;
  return html`
    <section class="grade" aria-labelledby="preferences"><h3 id="preferences">Side by side</h3>
      <p class="quiet small">Judges who did not know whose words they read.</p>
      <ul class="remarks">${preferences.map((each) => html`
        <li key=${each.preference_id}>
          <p><strong>${each.judge}</strong> ${each.choice ? CHOICES[each.choice] : "gave no answer"} <span class="quiet">beside ${each.other_title}, ${each.shown_first === "this" ? "this shown first" : "the other shown first"}</span></p>
          ${each.reason && html`<p class="prose">${each.reason}</p>`}
          ${each.quotes_this.map((quote) => html`<p key=${`t${quote}`}><q class="quote">${quote}</q></p>`)}
          ${each.quotes_other.map((quote) => html`<p key=${`o${quote}`}><span class="quiet small">${each.other_title}</span><br /><q class="quote">${quote}</q></p>`)}
        </li>`)}</ul></section>`;
}
