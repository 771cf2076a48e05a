// The time left in a chat that has a limit, and in the whole attempt (specification 6.6, 10.3).
import { leftOf, usedOf, clockText } from "../clock.js";
import { html, useEffect, useState } from "../html.js";

const SECOND_MS = 1_000;

export function Timer({ chat, now }) {
  const runs = Boolean(chat.expiresAt) && !chat.completed;
  useTick(runs);
  if (!runs) return null;
  const left = Math.ceil((chat.expiresAt - now()) / SECOND_MS);
  return html`<${Clock} left=${Math.max(0, left)} />`;
}

// Below zero only where overtime is allowed; otherwise each chat has a clock of its own that ends it, and where there is
// only one chat that clock says it all.
export function AttemptTimer({ state, now }) {
  const { timer } = state;
  const running = state.active && state.chats.some((chat) => !chat.completed);
  const told = state.chatCount === 1 && state.chats.some((chat) => chat.expiresAt);
  const runs = timer.limit != null && state.active && !told;
  useTick(runs && running);
  if (!runs) return null;
  const left = timer.limit - usedOf(timer, now(), running);
  return html`<span class="all-time"><${Clock} left=${timer.negative ? left : Math.max(0, left)} /> <span class="quiet">· ${clockText(timer.limit)} in all</span></span>`;
}

function Clock({ left }) {
  const { text, words, soon, over } = leftOf(left);
  return html`
    <span class="timer" role="timer" data-soon=${soon ? "yes" : undefined}>${text} ${words}</span>
    <span class="unseen" role="status">${over ? "The time is over. You may go on." : soon && left > 0 ? "Less than a minute left." : ""}</span>`;
}

function useTick(runs) {
  const [, tick] = useState(0);
  useEffect(() => {
    if (!runs) return undefined;
    const ticking = setInterval(() => tick((count) => count + 1), SECOND_MS);
    return () => clearInterval(ticking);
  }, [runs]);
}
