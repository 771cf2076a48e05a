// Chooses a conversation of the history as a source: first the attempt, then which of its conversations.
import { html, useEffect, useRef, useState } from "../../html.js";
import { Dialog } from "../dialog.js";
import { day, Loading, Notice } from "../parts.js";
import { useRead } from "../tests/use-read.js";

const WAIT_MS = 250;

export function PickChat({ api, onPick, onClose }) {
  const [attempt, setAttempt] = useState(null);
  return html`
    <${Dialog} title="Which conversation?" kind="form" onClose=${onClose}>
      <p>Names of people that are known are left out.</p>
      ${attempt ? html`<${Chats} api=${api} attempt=${attempt} onPick=${onPick} onBack=${() => setAttempt(null)} />` : html`<${Attempts} api=${api} onAttempt=${setAttempt} />`}
    <//>`;
}

const nameOf = (attempt) => attempt.name || "Conversation";

function Attempts({ api, onAttempt }) {
  const [words, setWords] = useState("");
  const [page, setPage] = useState({ items: null, cursor: null });
  const [problem, setProblem] = useState(null);
  const newest = useRef(0);
  const read = async (cursor) => {
    const asked = (newest.current += 1);
    try {
      const answer = await api.attempts({ search: words.trim(), cursor });
      if (asked !== newest.current) return;
      setPage((before) => ({ items: cursor ? [...before.items, ...answer.items] : answer.items, cursor: answer.next_cursor }));
      setProblem(null);
    } catch (failure) {
      if (asked === newest.current) setProblem(failure.detail);
    }
  };
  useEffect(() => {
    const wait = setTimeout(() => read(null), page.items ? WAIT_MS : 0);
    return () => clearTimeout(wait);
  }, [words]);
  return html`
    <div class="field"><label for="pick-chat">Search by the name of the training or the person</label>
      <input id="pick-chat" type="search" maxlength="200" value=${words} onInput=${(event) => setWords(event.target.value)} /></div>
    <${Notice} text=${problem}><button type="button" onClick=${() => read(null)}>Try again</button><//>
    ${!page.items && !problem && html`<${Loading} what="conversations" />`}
    ${page.items?.length === 0 && html`<p class="quiet" role="status">${words.trim() ? "No conversation fits this." : "There is no conversation yet that you can read."}</p>`}
    <ul class="lib-found">${page.items?.map((each) => html`<li key=${each.id}><button type="button" class="lib-pick" onClick=${() => onAttempt(each)}>
      <strong>${nameOf(each)}</strong><span class="quiet small">${[each.profile_name, day(each.created_at)].filter(Boolean).join(" · ")}</span></button></li>`)}</ul>
    ${page.cursor && html`<p class="more"><button type="button" onClick=${() => read(page.cursor)}>Show older ones</button></p>`}`;
}

function Chats({ api, attempt, onPick, onBack }) {
  const { found, problem, reload } = useRead(() => api.attempt(attempt.id), attempt.id);
  const place = useRef(null);
  useEffect(() => { place.current.focus(); }, []);
  const chats = found?.entries.attempt_chat ?? [];
  return html`
    <h3 ref=${place} tabindex="-1">${nameOf(attempt)}</h3>
    <${Notice} text=${problem}><button type="button" onClick=${reload}>Try again</button><//>
    ${!found && !problem && html`<${Loading} what="its conversations" />`}
    ${found && chats.length === 0 && html`<p class="quiet" role="status">Nothing has been said in it yet.</p>`}
    <ul class="lib-found">${chats.map((chat, at) => html`<li key=${chat.id}><button type="button" class="lib-pick" onClick=${() => onPick(chat.id)}>
      <strong>${chat.title || `Conversation ${at + 1}`}</strong><span class="quiet small">${day(chat.created_at)}</span></button></li>`)}</ul>
    <p><button type="button" class="plain" onClick=${onBack}>Back to the list</button></p>`;
}
