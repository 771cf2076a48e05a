// Chooses a conversation of the history as a source.
import { html, useState } from "../../html.js";
import { Dialog } from "../dialog.js";
import { day, Loading, Notice } from "../parts.js";
import { useRead } from "../tests/use-read.js";

export function PickChat({ api, onPick, onClose }) {
  const [attempt, setAttempt] = useState(null);
  const { found, problem } = useRead(() => api.attempts(), "attempts");
  const inside = useRead(() => (attempt ? api.attempt(attempt.id) : Promise.resolve(null)), attempt?.id);
  const chats = inside.found?.chats ?? [];
  return html`
    <${Dialog} title="Which conversation?" kind="form" onClose=${onClose}>
      <p>Names of people that are known are left out.</p>
      <${Notice} text=${problem ?? inside.problem} />
      ${!found && !problem && html`<${Loading} what="conversations" />`}
      ${found?.items.length === 0 && html`<p class="quiet">There is no conversation yet that you can read.</p>`}
      ${!attempt && html`<ul class="lib-found">${found?.items.map((each) => html`<li key=${each.id}><button type="button" class="lib-pick" onClick=${() => setAttempt(each)}>
        <strong>${each.name ?? each.simulation_name ?? "Conversation"}</strong><span class="quiet small">${[each.profile_name, day(each.created_at)].filter(Boolean).join(" · ")}</span></button></li>`)}</ul>`}
      ${attempt && html`<ul class="lib-found">${chats.map((chat, at) => html`<li key=${chat.chat_id ?? chat.id}><button type="button" class="lib-pick" onClick=${() => onPick(chat.chat_id ?? chat.id)}>
        <strong>${chat.title || `Conversation ${at + 1}`}</strong></button></li>`)}</ul>`}
    <//>`;
}
