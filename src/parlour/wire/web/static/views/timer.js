// The time left in a chat that has a limit, and the time used in the whole attempt (specification 6.6, 10.3).
import { clockText, leftOf, usedOf, wholeCounts } from "../clock.js";
import { html, useEffect, useState } from "../html.js";

const SECOND_MS = 1_000;

// Below zero only where overtime is allowed.
export function Timer({ chat, now }) {
  const runs = Boolean(chat.clock) && !chat.completed;
  useTick(runs);
  if (!runs) return null;
  const left = Math.ceil((chat.clock.ends - now()) / SECOND_MS);
  const { text, words, soon, over } = leftOf(chat.clock.over ? left : Math.max(0, left));
  return html`
    <span class="timer" role="timer" data-soon=${soon ? "yes" : undefined}>${text} ${words}</span>
    <span class="unseen" role="status">${over ? "The time is over. You may go on." : soon && left > 0 ? "Less than a minute left." : ""}</span>`;
}

export function AttemptTimer({ state, now }) {
  const { timer } = state;
  const running = state.chats.some((chat) => !chat.completed);
  const told = state.active && !state.infinite && wholeCounts(state);
  useTick(told && running);
  if (!told) return null;
  return html`<span class="all-time">${clockText(usedOf(timer, now(), running))} of ${clockText(timer.limit)} used in all</span>`;
}

function useTick(runs) {
  const [, tick] = useState(0);
  useEffect(() => {
    if (!runs) return undefined;
    const ticking = setInterval(() => tick((count) => count + 1), SECOND_MS);
    return () => clearInterval(ticking);
  }, [runs]);
}
