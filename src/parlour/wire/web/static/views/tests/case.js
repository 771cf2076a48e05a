// One case: why it failed if it did, what was said beside the recording or another candidate, and its grades.
import { html, useEffect, useState } from "../../html.js";
import { toTest } from "../../router.js";
import { BLAMES, milliseconds } from "../../tests-words.js";
import { Loading, Notice } from "../parts.js";
import { CaseGrades } from "./case-grades.js";
import { CaseTalk } from "./case-talk.js";
import { Mark } from "./cases.js";
import { Checks, Preferences } from "./case-facts.js";
import { Diff } from "./diff.js";
import { HumanMark } from "./human-mark.js";
import { useRead } from "./use-read.js";

const CELLS_MAX = 200;
const REASONS_SHOWN = 2;

export function Case({ api, results, replayId, onChanged }) {
  const { test } = results;
  const { found, problem, reload } = useRead(() => readCase(api, test.id, replayId), replayId);
  const [shown, setShown] = useState(null);
  useEffect(() => { if (found) document.getElementById("case-title")?.focus({ preventScroll: true }); }, [found?.detail.replay_id]);
  if (!found) return html`<${Notice} text=${problem}><button type="button" onClick=${reload}>Try again</button><//>${!problem && html`<${Loading} what="the case" />`}`;
  const { detail, cell, others } = found;
  const grade = detail.grades.find((each) => each.grade_id === shown?.gradeId) ?? detail.grades.find((each) => each.counts && each.state === "done") ?? null;
  const facts = [cell.title, `repetition ${cell.repetition}`, cell.milliseconds != null && milliseconds(cell.milliseconds),
    cell.divergent_turn != null && `other words than the recording from answer ${cell.divergent_turn} on`].filter(Boolean);
  const onMarked = () => { reload(); onChanged(); };
  return html`
    <article class="case" aria-labelledby="case-title">
      <p class="crumb"><a href=${`${toTest(test.id)}/cases`}>All cases</a></p>
      <div class="row apart"><h2 id="case-title" tabindex="-1">${cell.recording_title}</h2><${Mark} cell=${cell} /></div>
      <p class="facts">${facts.map((fact) => html`<span key=${fact}>${fact}</span>`)}</p>
      ${cell.error && html`<p class="answer-error">${cell.error}</p>`}
      <${Why} blame=${detail.blame} />
      <${Diff} api=${api} testId=${test.id} replayId=${replayId} title=${cell.title} mode=${detail.mode} others=${others} />
      <div class="case-columns">
        <${CaseTalk} detail=${detail} grade=${grade} shown=${shown} />
        <div class="case-side">
          <${CaseGrades} grades=${detail.grades} grade=${grade} onGrade=${(gradeId) => setShown({ gradeId })} onQuote=${(quote) => setShown({ gradeId: grade?.grade_id, quote })} />
          <${Checks} checks=${detail.checks} />
          <${Preferences} preferences=${detail.preferences} />
          ${detail.may_mark && detail.rubric && html`<${HumanMark} api=${api} testId=${test.id} replayId=${replayId} rubric=${detail.rubric} onMarked=${onMarked} />`}
        </div>
      </div>
    </article>`;
}

// The case, and the same recording and repetition by the other candidates.
async function readCase(api, testId, replayId) {
  const detail = await api.cell(testId, replayId);
  const { items } = await api.cells(testId, { recording_id: detail.recording.id, limit: CELLS_MAX });
  const counting = detail.grades.find((each) => each.counts && each.state === "done");
  const plain = { ...detail, recording_title: detail.recording.title, score: counting?.score ?? null, total_points: counting?.total_points, passed: counting?.passed ?? null };
  return {
    detail, cell: items.find((each) => each.replay_id === replayId) ?? plain,
    others: items.filter((each) => each.repetition === detail.repetition && each.invocation_id !== detail.invocation_id),
  };
}

function Why({ blame }) {
  if (!blame) return null;
  const reasons = byReason(blame.evidence);
  return html`
    <section class="why" aria-labelledby="why"><h3 id="why">Why it failed: ${BLAMES[blame.blamed].toLowerCase()}</h3>
      <ul class="remarks">${reasons.slice(0, REASONS_SHOWN).map((each) => html`<${Reason} key=${each.reason} reason=${each} />`)}</ul>
      ${reasons.length > REASONS_SHOWN && html`<details class="more"><summary>${reasons.length - REASONS_SHOWN} more</summary>
        <ul class="remarks">${reasons.slice(REASONS_SHOWN).map((each) => html`<${Reason} key=${each.reason} reason=${each} />`)}</ul></details>`}</section>`;
}

function Reason({ reason: { reason, turns, quotes } }) {
  return html`<li><p>${reason}${turns.length > 0 && html` <span class="quiet">(${turns.length === 1 ? "answer" : "answers"} ${turns.join(", ")})</span>`}</p>
    ${quotes.map((quote) => html`<p key=${quote}><q class="quote">${quote}</q></p>`)}</li>`;
}

// What shows it, each reason once.
function byReason(evidence) {
  const found = new Map();
  for (const { reason, turn, quote } of evidence) {
    const each = found.get(reason) ?? { reason, turns: [], quotes: [] };
    if (turn != null && !each.turns.includes(turn)) each.turns.push(turn);
    if (quote && !each.quotes.includes(quote)) each.quotes.push(quote);
    found.set(reason, each);
  }
  return [...found.values()];
}
