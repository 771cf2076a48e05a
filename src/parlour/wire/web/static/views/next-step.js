// Between scenarios: what comes next, the lobby, and the result of the whole attempt.
import { html, useRef } from "../html.js";
import { toDraft } from "../router.js";
import { EndAll } from "./end-all.js";
import { Lobby } from "./lobby.js";
import { Preparing } from "./preparing.js";
import { useLostFocus } from "./parts.js";
import { Timer } from "./timer.js";

export function NextStep({ api, state, viewed, command, store, onChoose, now }) {
  const open = state.chats.find((chat) => !chat.completed) ?? null;
  if (state.active && open && viewed && viewed.id !== open.id) {
    return html`
      <section class="next" aria-label="Next scenario">
        <p>The next scenario, “${open.title}”, is open. <${Timer} chat=${open} now=${now} /></p>
        <p class="row"><${EndAll} state=${state} command=${command} />
          <button type="button" class="primary" onClick=${() => onChoose(open.id)}>Go to it</button></p>
      </section>`;
  }
  if (state.preparing) return html`<${Preparing} preparing=${state.preparing} />`;
  if (state.lobby && state.own) return html`<${Lobby} api=${api} state=${state} command=${command} store=${store} onChoose=${onChoose} />`;
  if (state.lobby) {
    return html`<section class="next" aria-label="Next scenario"><p>${state.learnerName ?? "The learner"} is between scenarios.</p>
      <${EndAll} state=${state} command=${command} /></section>`;
  }
  return !state.active && state.chats.length > 0 ? html`<${Outcome} state=${state} />` : null;
}

function Outcome({ state }) {
  const { results } = state;
  const place = useRef(null);
  useLostFocus(place, state.attemptId);
  const several = state.chats.length > 1 && results?.total_possible_points > 0;
  return html`
    <section class="next" aria-label="Result" ref=${place} tabindex="-1">
      <p>${state.chatCount > 1 ? "This attempt" : "This conversation"} is over.${several && html` In all <strong>${results.total_score} of ${results.total_possible_points}</strong> points${results.passed ? ", passed" : ""}.`}</p>
      ${state.triedDraftId ? html`<a class="button" href=${toDraft(state.triedDraftId)}>Back to the draft</a>` : state.own && html`<a class="button" href="#/">Choose another</a>`}
    </section>`;
}
