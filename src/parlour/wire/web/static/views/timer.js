// The time left in a chat that has a limit (specification 6.6).
import { html, useEffect, useState } from "../html.js";

const SOON_S = 60;

export function Timer({ chat, now }) {
  const [, tick] = useState(0);
  useEffect(() => {
    if (!chat.expiresAt) return undefined;
    const ticking = setInterval(() => tick((count) => count + 1), 1_000);
    return () => clearInterval(ticking);
  }, [chat.expiresAt]);
  if (!chat.expiresAt || chat.completed) return null;
  const left = Math.ceil((chat.expiresAt - now()) / 1000);
  return html`
    <span class="timer" role="timer" data-soon=${left <= SOON_S ? "yes" : undefined}>${clockText(left)} ${left < 0 ? "over" : "left"}</span>
    <span class="unseen" role="status">${left <= SOON_S && left > 0 ? "Less than a minute left." : ""}</span>`;
}

export function clockText(seconds) {
  const whole = Math.abs(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
