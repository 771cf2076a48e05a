// Time in words and figures. Pure.

// m:ss, from an hour on h:mm:ss. The sign is left to the words around it.
export function clockText(seconds) {
  const whole = Math.abs(Math.trunc(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const rest = String(whole % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

// What is left of a limit: { text, words, soon, over } at a moment, in seconds.
export function leftOf(left, soonSeconds = 60) {
  const over = left < 0;
  return { text: over ? `−${clockText(left)}` : clockText(left), words: over ? "over time" : "left", soon: left <= soonSeconds, over };
}

// Whether the limit of the whole attempt says anything that the clocks of its chats do not: each has one, and there are more.
export const wholeCounts = ({ timer, chats }) =>
  timer.limit != null && chats.every((chat) => chat.timeLimit != null) && chats.every((chat) => timer.limit > chat.timeLimit);

// Seconds used of an attempt: what the snapshot said, and what passed since while a chat is open.
export function usedOf(timer, now, running) {
  return timer.elapsed + (running ? Math.max(0, Math.floor((now - timer.readAt) / 1000)) : 0);
}
