// Between scenarios: what comes next, the lobby, and the result of the whole attempt.
import { html, useState } from "../html.js";

export function NextStep({ state, viewed, command, onChoose, clock }) {
  const [busy, setBusy] = useState(false);
  const open = state.chats.find((chat) => !chat.completed) ?? null;
  const goOn = async () => {
    setBusy(true);
    const answer = await command("attempt_next", {});
    setBusy(false);
    if (answer?.chat_id) onChoose(answer.chat_id);
  };
  const endAll = async () => {
    setBusy(true);
    await command("attempt_end_all", {});
    setBusy(false);
  };
  if (state.active && open && viewed && viewed.id !== open.id) {
    return html`
      <section class="next" aria-label="Next scenario">
        <p>The next scenario, “${open.title}”, is open. ${clock(open)}</p>
        <button type="button" class="primary" onClick=${() => onChoose(open.id)}>Go to it</button>
      </section>`;
  }
  if (state.lobby) {
    const done = state.chats.filter((chat) => chat.completed).length;
    return html`
      <section class="next" aria-label="Next scenario">
        <p>${done === 0 ? "Ready when you are." : `${done} of ${state.chatCount} scenarios done. The next one waits for you.`}</p>
        ${state.own && html`<div class="row">
          <button type="button" onClick=${endAll} disabled=${busy}>Finish here</button>
          <button type="button" class="primary" onClick=${goOn} disabled=${busy}>${busy ? "One moment…" : "Continue"}</button>
        </div>`}
      </section>`;
  }
  return !state.active && state.chats.length > 0 ? html`<${Outcome} state=${state} />` : null;
}

function Outcome({ state }) {
  const { results } = state;
  const several = state.chats.length > 1 && results?.total_possible_points > 0;
  return html`
    <section class="next" aria-label="Result">
      <p>This conversation is over.${several && html` In all <strong>${results.total_score} of ${results.total_possible_points}</strong> points${results.passed ? ", passed" : ""}.`}</p>
      <a class="button" href="#/">Choose another</a>
    </section>`;
}
