// One attempt in the list: open it, export it, put it away.
import { html, useState } from "../html.js";
import { toAttempt } from "../router.js";
import { ExportMenu, ONE } from "./export-menu.js";
import { day, points } from "./parts.js";

// `card`: the name of the card that it was begun from.
export function HistoryRow({ api, item, card, me, onChanged, onProblem }) {
  const [busy, setBusy] = useState(false);
  const archive = async () => {
    setBusy(true);
    try {
      await api.archive(item.id, !item.is_archived);
      onChanged(item);
    } catch (problem) {
      onProblem(problem.detail);
    }
    setBusy(false);
  };
  const facts = [day(item.created_at), item.profile_id !== me && item.profile_name, card && card !== item.name ? card : item.practice && "Practice", item.infinite_mode && "in rounds", item.is_archived && "Archived"];
  const of = `${item.name}, ${day(item.created_at)}`;
  return html`
    <li>
      <a href=${toAttempt(item.id)}><span class="history-name">${item.name}</span>
        <span class="quiet small">${facts.filter(Boolean).join(" · ")}</span></a>
      <span class="history-state">${stateOf(item)}</span>
      <span class="history-acts">
        <${ExportMenu} formats=${ONE} of=${of} fetchFile=${(format) => api.exported(item.id, format)} onProblem=${onProblem} />
        <button type="button" class="quiet-button" disabled=${busy} onClick=${archive}>${item.is_archived ? "Take back" : "Archive"}<span class="unseen"> ${of}</span></button>
      </span>
    </li>`;
}

function stateOf(item) {
  if (item.state === "active" && item.infinite_mode) return `${item.chats_completed} done`;
  if (item.state === "active") return item.num_chats > 1 ? `${item.chats_completed} of ${item.num_chats} done` : "Open";
  if (item.score == null) return "Ended";
  return html`${points(item.score)}${item.passed && html` <span class="tag" data-status="passed">Passed</span>`}`;
}
