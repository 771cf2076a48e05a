// One attempt: its scenarios, and the one that is looked at.
import { html, useEffect, useState } from "../html.js";
import { PREPARING } from "../lobby-state.js";
import { toDraft } from "../router.js";
import { ChatView } from "./chat-view.js";
import { NextStep } from "./next-step.js";
import { Loading, Notice, PageTitle } from "./parts.js";
import { AttemptTimer } from "./timer.js";
import { Usage } from "./usage.js";
import { useAttempt } from "./use-attempt.js";

export function AttemptPage({ api, connection, place, onLeave }) {
  const { store, outbox } = useAttempt({ api, connection, attemptId: place.attemptId });
  const [chosen, setChosen] = useState(null);
  const { state, failure } = store;

  // The page stays with a chat when it ends, so that its grade can be read.
  const viewed = state?.chats.find((chat) => chat.id === chosen) ?? null;
  const first = state && (state.currentChatId ?? state.chats.at(-1)?.id ?? null);
  useEffect(() => { if (!viewed && first) setChosen(first); }, [viewed, first]);
  useEffect(() => { if (failure?.status === 401) onLeave(failure.detail); }, [failure]);

  const told = place.messageId && state && Object.values(state.messages).flat().find((message) => message.id === place.messageId);
  useEffect(() => { if (told && told.chatId !== chosen) setChosen(told.chatId); }, [told?.id]);

  if (!state) {
    return html`<div class="page">${failure
      ? html`
        <${PageTitle}>This conversation cannot be opened<//>
        <${Notice} text=${failure.detail}><button type="button" onClick=${() => store.load()}>Try again</button><//>
        <p><a href="#/">Back to all conversations</a></p>`
      : html`<${Loading} what="the conversation" />`}</div>`;
  }
  const command = async (event, payload) => {
    store.say(null);
    try {
      return await connection.call(event, { attempt_id: state.attemptId, ...payload });
    } catch (problem) {
      if (problem.code === "generation_running") store.prepare(PREPARING);
      else store.say(problem.detail);
      return null;
    }
  };
  return html`
    <div class="attempt">
      <div class="attempt-head">
        <p class="crumb">${state.triedDraftId ? html`<a href=${toDraft(state.triedDraftId)}>Back to the draft</a>` : html`<a href="#/">All conversations</a>`}</p>
        <${PageTitle}>${state.name}<//>
        <p class="facts">${factsOf(state).map((fact) => html`<span key=${fact}>${fact}</span>`)}<${AttemptTimer} state=${state} now=${connection.serverNow} /></p>
        <${Tabs} state=${state} chosen=${viewed?.id} onChoose=${setChosen} />
      </div>
      <${Notice} text=${state.problem} onClose=${() => store.say(null)} />
      <${NextStep} api=${api} state=${state} viewed=${viewed} command=${command} store=${store} onChoose=${setChosen} now=${connection.serverNow} />
      ${viewed && html`<${ChatView} key=${viewed.id} api=${api} connection=${connection} state=${state} chat=${viewed} outbox=${outbox}
        command=${command} place=${place} />`}
      ${viewed && (!state.own || viewed.completed) && html`<${Usage} api=${api} state=${state} />`}
    </div>`;
}

// What distinguishes this attempt from the plain case of one's own.
function factsOf(state) {
  const pass = Math.max(1, ...state.chats.map((chat) => chat.pass));
  return [
    !state.own && `${state.learnerName ?? "A learner"}'s attempt`,
    state.practice && "Practice",
    state.infinite && `Round ${pass}, until ${state.own ? "you finish" : "it is finished"}`,
    state.archived && "Archived",
  ].filter(Boolean);
}

function Tabs({ state, chosen, onChoose }) {
  if (state.chats.length < 2) return null;
  return html`
    <nav class="tabs" aria-label="Scenarios">
      ${state.chats.map((chat, index) => html`
        <button type="button" key=${chat.id} aria-current=${chat.id === chosen ? "true" : undefined} onClick=${() => onChoose(chat.id)}>
          ${index + 1}. ${chat.title}${chat.pass > 1 && ` (round ${chat.pass})`}<span class="tab-state">${tabState(state, chat)}</span>
        </button>`)}
    </nav>`;
}

function tabState(state, chat) {
  if (!chat.completed) return "open";
  const grade = state.grades[chat.id];
  if (chat.sourceChatId) return `${grade?.score ?? "–"} of ${grade?.total ?? "?"}, from earlier`;
  if (grade?.state === "done") return `${grade.score} of ${grade.total ?? "?"}`;
  return grade?.state === "pending" ? "being graded" : "done";
}
