// Every grade that a conversation was given, and what changed from one to the next.
import { wholeGrade, withChanges } from "../grade-state.js";
import { html, useEffect, useState } from "../html.js";
import { Dialog } from "./dialog.js";
import { Delta, Differences } from "./differences.js";
import { GradeBody } from "./grade-body.js";
import { day, Loading, Notice } from "./parts.js";

export function GradeList({ api, state, chat, link, newest }) {
  const [open, setOpen] = useState(false);
  const [items, setItems] = useState(null);
  const [problem, setProblem] = useState(null);
  const [shown, setShown] = useState(null);
  useEffect(() => {
    if (!open) return;
    api.grades(chat.id).then((page) => setItems(withChanges(page.items)), (refusal) => setProblem(refusal.detail));
  }, [open, newest, state.branchNews[chat.id]]);
  const follow = { href: link.href, onQuote: (...where) => { setShown(null); link.onQuote(...where); } };
  return html`
    <details class="grades" open=${open} onToggle=${(event) => setOpen(event.target.open)}>
      <summary>All ${chat.gradesCount} grades</summary>
      <${Notice} text=${problem} />
      ${open && !items && !problem && html`<${Loading} what="the grades" />`}
      ${items && html`<ol class="grade-list">${items.map((item) => html`<${Row} key=${item.grade.id} item=${item} onShow=${() => setShown(item)} />`)}</ol>`}
      ${shown && html`<${OneGrade} api=${api} state=${state} chat=${chat} item=${shown} link=${follow} onClose=${() => setShown(null)} />`}
    </details>`;
}

function Row({ item, onShow }) {
  const { grade, change } = item;
  const facts = [
    day(grade.created_at), grade.source === "previous" && "from an earlier attempt", grade.branch_message_id && `branch${grade.label ? ` “${grade.label}”` : ""}`,
    grade.asked_by && grade.asked_by !== "You" && `asked by ${grade.asked_by}`, grade.counts && "this one counts",
  ];
  return html`
    <li>
      <strong>${grade.state === "done" ? `${grade.score} of ${grade.total_points}` : grade.state === "failed" ? "Did not succeed" : "Being graded"}</strong>
      <${Delta} points=${change} />
      <span class="quiet">${facts.filter(Boolean).join(" · ")}</span>
      ${grade.state === "done" && html`<button type="button" class="plain" onClick=${onShow}>Read<span class="unseen"> the grade of ${day(grade.created_at)}</span></button>`}
    </li>`;
}

function OneGrade({ api, state, chat, item, link, onClose }) {
  const [compared, setCompared] = useState(null);
  const [problem, setProblem] = useState(null);
  useEffect(() => {
    if (item.before) api.compareGrades(chat.id, item.before.grade.id, item.grade.id).then((answer) => setCompared(answer.difference), (refusal) => setProblem(refusal.detail));
  }, [item.grade.id]);
  const asked = item.grade.request?.instructions ?? [];
  return html`
    <${Dialog} title=${`Grade of ${day(item.grade.created_at)}`} kind="wide" onClose=${onClose}>
      <${Notice} text=${problem} />
      ${asked.length > 0 && html`<p class="quiet">Asked with: “${asked.join(" ")}”</p>`}
      ${compared && html`<h3>Compared with the one before</h3><${Differences} difference=${compared} left="Before" right="Now" />`}
      <div class="grade bare"><${GradeBody} state=${state} chat=${chat} grade=${wholeGrade(item)} link=${link} /></div>
    <//>`;
}
