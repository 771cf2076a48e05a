// Recordings by candidates. Every cell says its number; the colour only repeats it.
import { html } from "../../html.js";
import { band, CASE_STATES, share } from "../../tests-words.js";

export function Matrix({ results, onShow }) {
  const { matrix, candidates, people } = results;
  const recorded = people.some((each) => each.source === "recorded");
  return html`
    <section aria-labelledby="matrix"><h2 id="matrix">Case by case</h2>
      <p class="quiet small">The mean score of each recording, and how many of its repetitions passed. Choose a cell to see its cases.</p>
      <div class="scroll" tabindex="0" role="region" aria-labelledby="matrix"><table class="matrix">
        <thead><tr><th scope="col">Recording</th>${candidates.map((each) => html`<th key=${each.invocation_id} scope="col">${each.title}${each.is_baseline && html`<span class="quiet small"> baseline</span>`}</th>`)}
          ${recorded && html`<th scope="col">People then</th>`}</tr></thead>
        <tbody>${matrix.recordings.map((row, at) => html`
          <tr key=${row.recording_id}><th scope="row">${row.title}</th>
            ${matrix.cells[at].map((cell, index) => html`<td key=${index} data-band=${band(cell.mean)}>
              <${Cell} cell=${cell} of=${`${row.title}, ${candidates[index].title}`} onShow=${() => onShow({ recording: row.recording_id, candidate: candidates[index].invocation_id })} /></td>`)}
            ${recorded && html`<td data-band=${band(row.people)}><span class="cell-flat">${share(row.people)}</span></td>`}</tr>`)}</tbody>
      </table></div>
      <p class="quiet small legend"><span data-band="high">75% or more</span><span data-band="middle">50% to 74%</span><span data-band="low">below 50%</span><span data-band="none">no score yet</span></p>
    </section>`;
}

function Cell({ cell, of, onShow }) {
  const rest = { completed: "", stopped: "some stopped", failed: "some failed" }[cell.state] ?? "more to come";
  const passed = cell.trials > 0 ? `${cell.passed} of ${cell.trials} passed` : "";
  if (cell.completed === 0 && cell.state !== "failed" && cell.state !== "stopped") return html`<span class="cell-flat quiet">${CASE_STATES[cell.state]}</span>`;
  return html`<button type="button" class="cell" onClick=${onShow}><span class="unseen">${of}: </span>
    <strong>${share(cell.mean)}</strong><span class="small">${[passed, rest].filter(Boolean).join(", ")}</span></button>`;
}
