// The grade of a conversation: its score, what it says, and asking for another one.
import { html, useState } from "../html.js";
import { GradeAgain } from "./grade-again.js";
import { GradeBody } from "./grade-body.js";
import { GradeList } from "./grade-list.js";
import { points } from "./parts.js";
import { AddToBenchmark } from "./tests/add-recording.js";

export function Grade({ api, call, state, chat, grade, messages, command, link }) {
  const spoken = messages.some((message) => message.type === "query");
  if (!grade) {
    return html`<section class="grade"><h2 id="grade-title" tabindex="-1">Grade</h2>
      <p class="quiet">${!spoken ? "Nothing was said, so there is no grade." : chat.hasRubric ? "Not graded." : "This conversation has no rubric, so it is not graded."}</p>
      ${spoken && chat.hasRubric && html`<${GradeNow} chat=${chat} command=${command} words="Grade it now" />`}</section>`;
  }
  return html`
    <section class="grade" aria-labelledby="grade-title">
      <div class="row apart"><h2 id="grade-title" tabindex="-1">Grade</h2>
        ${grade.source === "previous" && html`<span class="tag">From an earlier attempt</span>`}</div>
      <${Score} grade=${grade} chat=${chat} command=${command} />
      <${GradeBody} state=${state} chat=${chat} grade=${grade} link=${link} />
      ${grade.state === "done" && html`<div class="grade-foot">
        ${chat.gradesCount > 1 && html`<${GradeList} api=${api} state=${state} chat=${chat} link=${link} newest=${grade.id} />`}
        <${AskAgain} state=${state} chat=${chat} call=${call} />
        <${AddToBenchmark} state=${state} chat=${chat} grade=${grade} />
      </div>`}
    </section>`;
}

// While the conversation goes on it stays the main thing.
export function GradeSoFar(given) {
  const { grade } = given;
  return html`
    <details class="scenario so-far">
      <summary><h2>Grade so far</h2> <span class="points-so-far">${grade.state === "done" ? `${grade.score} of ${grade.total}` : ""}</span></summary>
      <${Grade} ...${given} />
    </details>`;
}

function AskAgain({ state, chat, call }) {
  const [asking, setAsking] = useState(false);
  return html`
    <p><button type="button" class="quiet-button" onClick=${() => setAsking(true)}>Ask again</button></p>
    ${asking && html`<${GradeAgain} state=${state} chat=${chat} call=${call} onClose=${() => setAsking(false)} />`}`;
}

function Score({ grade, chat, command }) {
  if (grade.state === "failed") {
    return html`<p role="status">The grading did not succeed this time.</p><${GradeNow} chat=${chat} command=${command} words="Try again" />`;
  }
  if (grade.state !== "done") {
    const count = grade.expected ? ` ${grade.done} of ${grade.expected} criteria` : "";
    return html`<p class="grading" role="status"><span class="pulse" aria-hidden="true"></span>Reading the conversation…${count}</p>
      <progress max=${grade.expected || 1} value=${grade.expected ? grade.done : undefined} aria-label="Grading"></progress>`;
  }
  return html`
    <p class="score" role="status"><strong>${grade.score}</strong> <span>of ${grade.total == null ? "? points" : points(grade.total)}</span>
      <span class="tag" data-status=${grade.passed ? "passed" : "missed"}>${grade.passed ? "Passed" : "Not passed yet"}</span></p>
    ${grade.pass != null && html`<p class="quiet small">${points(grade.pass)} ${grade.pass === 1 ? "is" : "are"} needed to pass.</p>`}
    ${grade.summary && html`<p class="prose">${grade.summary}</p>`}`;
}

function GradeNow({ chat, command, words }) {
  const [asked, setAsked] = useState(false);
  const ask = async () => {
    setAsked(true);
    if (!(await command("attempt_grade", { chat_id: chat.id }))) setAsked(false);
  };
  return html`<button type="button" disabled=${asked} onClick=${ask}>${words}</button>`;
}
