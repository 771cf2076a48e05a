// What a grade says: each criterion with its evidence, what went well and what to try (specification 6.4).
import { html } from "../html.js";

export function GradeBody({ state, chat, grade, link }) {
  return html`
    ${grade.feedbacks.length > 0 && html`<ul class="criteria">${ordered(grade, chat).map((feedback) => html`
      <${Criterion} key=${feedback.id} feedback=${feedback} group=${state.groups[feedback.groupId]} level=${state.levels[feedback.levelId]} link=${link} />`)}</ul>`}
    <${Remarks} title="What went well" remarks=${grade.strengths} link=${link} />
    <${Remarks} title="What to try" remarks=${grade.improvements} link=${link} />
    ${grade.analyses.length > 0 && html`<h3>A closer look</h3>${grade.analyses.map((analysis) => html`<p class="prose" key=${analysis.id}>${analysis.content}</p>`)}`}`;
}

function ordered(grade, chat) {
  const place = (feedback) => (chat.groupIds.includes(feedback.groupId) ? chat.groupIds.indexOf(feedback.groupId) : chat.groupIds.length);
  return [...grade.feedbacks].sort((a, b) => place(a) - place(b));
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
        <li key=${item.messageId + item.quote}><${Quote} messageId=${item.messageId} text=${item.quote} link=${link} />${item.unclear && html` <span class="quiet small">(not heard clearly)</span>`}</li>`)}</ul>`}
      ${feedback.clearWords && html`<p class="quiet small">Words that were not heard clearly were left out here, since they would have lowered the points.</p>`}
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
