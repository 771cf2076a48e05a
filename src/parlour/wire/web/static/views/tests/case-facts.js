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

const CHOICES = { this: "this", other: "the other", tie: "alike" };

export function Preferences({ preferences }) {
  if (preferences.length === 0) return null;
  const others = [...new Set(preferences.map((each) => each.other_title))];
  return html`
    <section class="grade" aria-labelledby="preferences"><h3 id="preferences">Side by side</h3>
      <p class="quiet small">What judges chose who did not know whose words they read.</p>
      ${others.map((other) => html`<${Beside} key=${other} other=${other} rows=${preferences.filter((each) => each.other_title === other)} />`)}
    </section>`;
}

function Beside({ other, rows }) {
  const said = (choice) => rows.filter((each) => each.choice === choice).length;
  const open = rows.filter((each) => !each.choice).length;
  return html`
    <details class="more"><summary>${other}: <strong>${said("this")} for this, ${said("other")} for the other</strong>${said("tie") > 0 ? `, ${said("tie")} alike` : ""}${open > 0 ? `, ${open} without answer` : ""}</summary>
      <ul class="remarks">${rows.map((each) => html`
        <li key=${each.preference_id}>
          <p><strong>${each.judge}</strong> chose ${CHOICES[each.choice] ?? "nothing"} <span class="quiet small">${each.shown_first === "this" ? "this" : "the other"} was shown first</span></p>
          ${each.reason && html`<p class="prose small">${each.reason}</p>`}
          ${each.quotes_this.map((quote) => html`<p key=${`t${quote}`} class="small"><span class="quiet">This:</span> <q>${quote}</q></p>`)}
          ${each.quotes_other.map((quote) => html`<p key=${`o${quote}`} class="small"><span class="quiet">The other:</span> <q>${quote}</q></p>`)}
        </li>`)}</ul></details>`;
}
