// What differs between two grades, criterion by criterion.
import { html } from "../html.js";

export function Delta({ points }) {
  if (points == null) return null;
  const way = points > 0 ? "up" : points < 0 ? "down" : "same";
  const text = points > 0 ? `+${points}` : points < 0 ? `−${-points}` : "±0";
  return html`<span class="delta" data-way=${way}>${text}<span class="unseen"> points</span></span>`;
}

export function Differences({ difference, left, right }) {
  return html`
    <table class="differences">
      <thead><tr><th scope="col">Criterion</th><th scope="col">${left}</th><th scope="col">${right}</th><th scope="col"><span class="unseen">Change</span></th></tr></thead>
      <tbody>${difference.criteria.map((criterion) => html`
        <tr key=${criterion.standard_group_id}><th scope="row">${criterion.name}</th><td>${level(criterion.left)}</td><td>${level(criterion.right)}</td>
          <td><${Delta} points=${criterion.difference} /></td></tr>`)}
        <tr><th scope="row">In all</th><td>${difference.left_score ?? "–"}</td><td>${difference.right_score ?? "–"}</td><td><${Delta} points=${difference.score_difference} /></td></tr>
      </tbody>
    </table>`;
}

const level = (given) => (given ? html`${given.points} <span class="quiet">${given.name}</span>` : "–");
