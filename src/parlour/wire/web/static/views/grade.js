// The grade: score, each criterion with its evidence, what went well and what to try (specification 6.4).
import { html, useState } from "../html.js";

export function Grade({ state, chat, grade, messages, command, link }) {
  const spoken = messages.some((message) => message.type === "query");
  if (!grade) {
    return html`<section class="grade"><h2 id="grade-title" tabindex="-1">Grade</h2>
      <p class="quiet">${!spoken ? "Nothing was said, so there is no grade." : chat.hasRubric ? "Not graded." : "This conversation has no rubric, so it is not graded."}</p>
      ${spoken && chat.hasRubric && html`<${AskAgain} chat=${chat} command=${command} words="Grade it now" />`}</section>`;
  }
  return html`
    <section class="grade" aria-labelledby="grade-title">
      <h2 id="grade-title" tabindex="-1">Grade</h2>
      <${Score} grade=${grade} chat=${chat} command=${command} />
      ${grade.feedbacks.length > 0 && html`<ul class="criteria">${ordered(grade, chat).map((feedback) => html`
        <${Criterion} key=${feedback.id} feedback=${feedback} group=${state.groups[feedback.groupId]} level=${state.levels[feedback.levelId]} link=${link} />`)}</ul>`}
      <${Remarks} title="What went well" remarks=${grade.strengths} link=${link} />
      <${Remarks} title="What to try" remarks=${grade.improvements} link=${link} />
      ${grade.analyses.length > 0 && html`<h3>A closer look</h3>${grade.analyses.map((analysis) => html`<p class="prose" key=${analysis.id}>${analysis.content}</p>`)}`}
    </section>`;
}

function ordered(grade, chat) {
  const place = (feedback) => (chat.groupIds.includes(feedback.groupId) ? chat.groupIds.indexOf(feedback.groupId) : chat.groupIds.length);
  return [...grade.feedbacks].sort((a, b) => place(a) - place(b));
}

function Score({ grade, chat, command }) {
  if (grade.state === "failed") {
    return html`<p role="status">The grading did not succeed this time.</p><${AskAgain} chat=${chat} command=${command} words="Try again" />`;
  }
  if (grade.state !== "done") {
    const count = grade.expected ? ` ${grade.done} of ${grade.expected} criteria` : "";
    return html`<p class="grading" role="status"><span class="pulse" aria-hidden="true"></span>Reading the conversation…${count}</p>
      <progress max=${grade.expected || 1} value=${grade.expected ? grade.done : undefined} aria-label="Grading"></progress>`;
  }
  return html`
    <p class="score" role="status"><strong>${grade.score}</strong> <span>of ${grade.total ?? "?"} points</span>
      <span class="tag" data-status=${grade.passed ? "passed" : "missed"}>${grade.passed ? "Passed" : "Not passed yet"}</span></p>
    ${grade.pass != null && html`<p class="quiet small">${grade.pass} points are needed to pass.</p>`}
    ${grade.summary && html`<p class="prose">${grade.summary}</p>`}`;
}

function AskAgain({ chat, command, words }) {
  const [asked, setAsked] = useState(false);
  const ask = async () => {
    setAsked(true);
    if (!(await command("attempt_grade", { chat_id: chat.id }))) setAsked(false);
  };
  return html`<button type="button" disabled=${asked} onClick=${ask}>${words}</button>`;
}

function Criterion({ feedback, group, level, link }) {
  const points = group?.points;
  return html`
    <li class="criterion">
      <div class="row apart"><h3>${group?.name ?? "Criterion"}</h3>
        <span class="points">${feedback.total ?? "–"}${points != null && html`<span class="quiet"> / ${points}</span>`}</span></div>
      ${points != null && feedback.total != null && html`<span class="gauge" aria-hidden="true"><span style=${{ width: `${(100 * feedback.total) / points}%` }}></span></span>`}
      <p class="level">${feedback.levelId ? level?.name : "Not graded"}</p>
      <p class="prose">${feedback.text}</p>
      ${feedback.quotes.length > 0 && html`<ul class="quotes" aria-label="Evidence">${feedback.quotes.map((item) => html`
        <li key=${item.messageId + item.quote}><${Quote} messageId=${item.messageId} text=${item.quote} link=${link} /></li>`)}</ul>`}
      ${feedback.unsupported && html`<p class="quiet small">No words of the conversation were found to show this.</p>`}
    </li>`;
}

function Quote({ messageId, text, link }) {
  return html`<a class="quote" href=${link.href(messageId)} onClick=${() => link.onQuote(messageId, text)}>“${text}”</a>`;
}

function Remarks({ title, remarks, link }) {
  if (remarks.length === 0) return null;
  return html`
    <h3>${title}</h3>
    <ul class="remarks">${remarks.map((remark) => html`
      <li key=${remark.id}>
        <p><strong>${remark.name}</strong></p>
        <p class="prose">${remark.text}</p>
        ${remark.highlights.map((item) => html`<p key=${item.id ?? item.section}>${cited(remark, item.section, link)}</p>`)}
        ${remark.replacements.map((item) => html`
          <div class="swap" key=${item.id ?? item.section}>
            <p>${cited(remark, item.section, link)}</p>
            <p><span class="quiet small">Perhaps instead</span><br />“${item.replace}”</p>
          </div>`)}
      </li>`)}</ul>`;
}

const cited = (remark, section, link) => (
  remark.messageId ? html`<${Quote} messageId=${remark.messageId} text=${section} link=${link} />` : html`<q>${section}</q>`);
