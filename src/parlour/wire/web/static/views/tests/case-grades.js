// What each judge gave and why; a quote leads to its place in the conversation.
import { html } from "../../html.js";
import { points } from "../parts.js";

export function CaseGrades({ grades, grade, onGrade, onQuote }) {
  if (grades.length === 0) return html`<section class="grade"><h3>Grades</h3><p class="quiet">Not graded.</p></section>`;
  return html`
    <section class="grade" aria-labelledby="grades"><h3 id="grades">Grades</h3>
      <div class="judge-picks" role="group" aria-label="Whose grade">${grades.map((each) => html`
        <button type="button" key=${each.grade_id} aria-pressed=${each === grade ? "true" : "false"} onClick=${() => onGrade(each.grade_id)}>
          ${each.source === "human" ? `${each.judge} (a person)` : each.judge} <strong>${givenBy(each)}</strong>${each.counts && html`<span class="quiet small"> counts</span>`}
        </button>`)}</div>
      ${grade && html`<${Grade} grade=${grade} onQuote=${onQuote} />`}
    </section>`;
}

function Grade({ grade, onQuote }) {
  if (grade.state === "failed") return html`<p>${grade.reason}</p>`;
  if (grade.state !== "done") return html`<p class="quiet">The judge is still reading.</p>`;
  return html`
    <p><span class="tag" data-status=${grade.passed ? "passed" : "missed"}>${grade.passed ? "✓ Passed" : "✗ Not passed"}</span> <span class="quiet small">${points(grade.pass_points)} ${grade.pass_points === 1 ? "is" : "are"} needed.</span></p>
    ${grade.summary && html`<p class="prose">${grade.summary}</p>`}
    <ul class="criteria">${grade.criteria.map((each) => html`
      <li class="criterion" key=${each.standard_group_id}>
        <div class="row apart"><h4>${each.name}</h4><span class="points">${each.points}<span class="quiet"> / ${each.total_points}</span></span></div>
        <p class="level">${each.level}</p>
        ${each.feedback && html`<p class="prose">${each.feedback}</p>`}
        ${each.evidence.length > 0 && html`<ul class="quotes" aria-label="Evidence">${each.evidence.map((item, at) => html`
          <li key=${at}><button type="button" class="bare quote" onClick=${() => onQuote(item)}>“${item.quote}”</button></li>`)}</ul>`}
        ${each.unsupported && html`<p class="quiet small">No words of the conversation were found to show this.</p>`}
      </li>`)}</ul>`;
}

function givenBy({ state, score, total_points: total }) {
  if (state === "done") return `${score} of ${total}`;
  return state === "failed" ? "failed" : "…";
}
