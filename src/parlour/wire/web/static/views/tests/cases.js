// The cases of a test, to be narrowed: one candidate with one recording, once.
import { html, useEffect, useState } from "../../html.js";
import { toCase } from "../../router.js";
import { BLAMES, CASE_STATES, milliseconds } from "../../tests-words.js";
import { Paged, usePages } from "../lab/pages.js";
import { Choice } from "./fields.js";

export const NO_FILTER = { candidate: "", recording: "", outcome: "", blame: "", check: "" };
const OUTCOMES = [["", "All"], ["passed", "Passed"], ["failed", "Not passed"]];
const PAGE = 50;

export function Cases({ api, results, filter, onFilter }) {
  const { test, candidates, matrix } = results;
  const set = (name) => (value) => onFilter({ ...filter, [name]: value });
  const done = results.progress.completed + results.progress.graded;
  const list = usePages((after) => api.cells(test.id, { ...wanted(filter), after, limit: PAGE }), (page) => page.items, JSON.stringify(filter));
  const [seen] = useState(done);
  const checks = [...new Set(candidates.flatMap((each) => each.checks.map((check) => check.key)))];
  const plain = Object.values(filter).every((value) => value === "");
  useEffect(() => { document.getElementById("cases-title")?.focus({ preventScroll: true }); }, []);
  return html`
    <section aria-labelledby="cases-title"><h2 id="cases-title" tabindex="-1">Cases</h2>
      <form class="filters" onSubmit=${(event) => event.preventDefault()}>
        <${Choice} name="f-candidate" label="Candidate" value=${filter.candidate} onValue=${set("candidate")} options=${[["", "All"], ...candidates.map((each) => [each.invocation_id, each.title])]} />
        <${Choice} name="f-recording" label="Recording" value=${filter.recording} onValue=${set("recording")} options=${[["", "All"], ...matrix.recordings.map((each) => [each.recording_id, each.title])]} />
        <${Choice} name="f-outcome" label="Outcome" value=${filter.outcome} onValue=${set("outcome")} options=${OUTCOMES} />
        <${Choice} name="f-blame" label="Cause of failure" value=${filter.blame} onValue=${set("blame")} options=${[["", "All"], ["any", "Any"], ...Object.entries(BLAMES)]} />
        ${checks.length > 0 && html`<${Choice} name="f-check" label="Failed check" value=${filter.check} onValue=${set("check")} options=${[["", "All"], ...checks.map((key) => [key, key])]} />`}
        ${!plain && html`<button type="button" onClick=${() => onFilter(NO_FILTER)}>Clear</button>`}
      </form>
      ${seen !== done && html`<p class="small" role="status">There is news. <button type="button" class="plain" onClick=${list.reload}>Read the list again</button></p>`}
      <${Paged} list=${list} what="the cases" empty=${plain ? "No case has begun yet." : "No case fits this."}>
        <ul class="history case-list">${list.rows?.map((cell) => html`<${Row} key=${cell.replay_id} cell=${cell} href=${toCase(test.id, cell.replay_id)} />`)}</ul>
      <//>
    </section>`;
}

function wanted({ candidate, recording, outcome, blame, check }) {
  return { invocation_id: candidate, recording_id: recording, passed: { passed: true, failed: false }[outcome], blame, failed_check: check };
}

function Row({ cell, href }) {
  const failed = cell.failed_checks.map((check) => check.key).join(", ");
  const facts = [cell.title, `repetition ${cell.repetition}`, failed && `failed: ${failed}`, cell.error, cell.milliseconds != null && milliseconds(cell.milliseconds)].filter(Boolean);
  return html`<li><a href=${href}><span class="history-name">${cell.recording_title}</span><span class="quiet small">${facts.join(" · ")}</span></a>
    <span class="case-end">${cell.blame && html`<span class="quiet small">${BLAMES[cell.blame]}</span>`}<${Mark} cell=${cell} /></span></li>`;
}

export function Mark({ cell }) {
  if (cell.state !== "completed") return html`<span class="tag" data-status=${cell.state === "failed" ? "missed" : "pending"}>${CASE_STATES[cell.state]}</span>`;
  const points = cell.score == null ? "" : ` · ${cell.score} of ${cell.total_points}`;
  if (cell.passed == null) return html`<span class="tag">not graded yet</span>`;
  return html`<span class="tag" data-status=${cell.passed ? "passed" : "missed"}>${cell.passed ? "✓ passed" : "✗ not passed"}${points}</span>`;
}
