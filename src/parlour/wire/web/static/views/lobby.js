// The lobby: begin the next scenario, use earlier results in its place, or shape it first (specification 6.1.5, 6.7).
import { html, useEffect, useRef, useState } from "../html.js";
import { mapOf, PREPARING } from "../lobby-state.js";
import { Customise } from "./customise.js";
import { EndAll } from "./end-all.js";
import { minutes, points, useLostFocus } from "./parts.js";

export function Lobby({ api, state, command, store, onChoose }) {
  const [busy, setBusy] = useState(false);
  const [choices, setChoices] = useState(null);
  const [shaping, setShaping] = useState(false);
  const heading = useRef(null);
  const entryId = state.next.entryId;
  useLostFocus(heading, shaping);
  useEffect(() => {
    setChoices(null);
    setShaping(false);
    api.choices(state.attemptId).then((found) => setChoices(found.use_custom ? found : null), () => setChoices(null));
  }, [entryId]);

  const begin = async (draftId = null) => {
    setBusy(true);
    const answer = await command("attempt_next", draftId ? { draft_id: draftId } : {});
    setBusy(false);
    if (answer?.pending) store.prepare(PREPARING);
    if (answer?.chat_id) onChoose(answer.chat_id);
  };
  const reuse = async (option) => {
    setBusy(true);
    const answer = await command("attempt_use_previous", { previous_chat_map: mapOf(option) });
    setBusy(false);
    if (answer) onChoose(answer.chats.at(-1).chat_id);
  };
  const done = state.chats.filter((chat) => chat.completed).length;
  return html`
    <section class="lobby" aria-labelledby="lobby-title">
      <h2 id="lobby-title" ref=${heading} tabindex="-1">${state.next.title ? html`Next: ${state.next.title}` : "The next scenario"}</h2>
      <p class="quiet">${place(state, done)} ${state.next.description}</p>
      ${shaping
        ? html`<${Customise} api=${api} state=${state} choices=${choices} busy=${busy} onBegin=${begin} onCancel=${() => setShaping(false)} />`
        : html`<div class="row">
          <button type="button" class="primary" disabled=${busy} onClick=${() => begin()}>${busy ? "One moment…" : "Start this scenario"}</button>
          ${choices && html`<button type="button" disabled=${busy} onClick=${() => setShaping(true)}>Change it first</button>`}
          <${EndAll} state=${state} command=${command} disabled=${busy} />
        </div>`}
      ${!shaping && state.options.length > 0 && html`
        <h3>Or use earlier results</h3>
        <p class="quiet small">They are copied into this attempt, with what was said and its grade.</p>
        <ul class="reuse">${state.options.map((option) => html`
          <${Option} key=${option.scenarios.map((one) => one.chatId).join()} option=${option} busy=${busy} onUse=${() => reuse(option)} />`)}</ul>`}
    </section>`;
}

function place(state, done) {
  if (state.infinite) return "You can go on as long as you like.";
  if (done === 0) return "Ready when you are.";
  return `${done} of ${state.chatCount} done.${state.timer.limit == null ? "" : " The clock stands still until you begin."}`;
}

function Option({ option, busy, onUse }) {
  const several = option.scenarios.length > 1;
  return html`
    <li class="reuse-option">
      <ul class="reuse-scenarios">${option.scenarios.map((scenario) => html`
        <li key=${scenario.chatId}><span>${scenario.name}</span>
          <span class="quiet small">${resultOf(scenario)}</span></li>`)}</ul>
      <div class="row apart">
        <p>${several && html`Together <strong>${points(option.score)}</strong>${option.percentage != null && ` · ${Math.round(option.percentage)} %`}`}</p>
        <button type="button" disabled=${busy} onClick=${onUse}>Use ${several ? "these results" : "this result"}</button>
      </div>
    </li>`;
}

function resultOf({ score, percentage, seconds }) {
  return [score != null && points(score), percentage != null && `${Math.round(percentage)} %`, minutes(seconds)].filter(Boolean).join(" · ");
}
