// Earlier attempts, to read or continue.
import { html, useEffect, useState } from "../html.js";
import { toAttempt } from "../router.js";
import { day, Loading, Notice, PageTitle } from "./parts.js";

export function History({ api, onLeave }) {
  const [items, setItems] = useState(null);
  const [problem, setProblem] = useState(null);
  useEffect(() => {
    api.attempts().then((answer) => setItems((answer.items ?? []).map(rowFrom)), (failure) => {
      if (failure.status === 401) onLeave(failure.detail);
      else setProblem(failure.status === 404 ? "The history is not available on this server." : failure.detail);
    });
  }, []);
  return html`
    <div class="page">
      <${PageTitle}>History<//>
      <${Notice} text=${problem} />
      ${!items && !problem && html`<${Loading} what="your history" />`}
      ${items?.length === 0 && html`<p class="quiet">No conversations yet. <a href="#/">Choose one to begin.</a></p>`}
      ${items?.length > 0 && html`<ul class="history">${items.map((item) => html`
        <li key=${item.id}>
          <a href=${toAttempt(item.id)}><span class="history-name">${item.name}</span>
            <span class="quiet small">${day(item.at)}${item.who ? ` · ${item.who}` : ""}</span></a>
          <span class="history-state">${item.state}</span>
        </li>`)}</ul>`}
    </div>`;
}

// The list's members are not fixed by the specification; these are the names of 1.3 and 10.2.
function rowFrom(item) {
  const active = item.is_active ?? item.state === "active";
  const score = item.total_score ?? item.score ?? item.aggregated_results?.total_score;
  return {
    id: item.attempt_id ?? item.id,
    name: item.name ?? item.simulation_name ?? "Conversation",
    at: item.created_at ?? item.attempt_created_at,
    who: item.is_own_attempt === false ? item.profile_name : null,
    state: active ? "In progress" : score == null ? "Ended" : `Score ${score}`,
  };
}
