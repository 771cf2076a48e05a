// What the microphone and a spoken conversation are doing, in words. Pure.

// `view`: of the voice session. `hearing`: words are being understood. `answering`: an answer is being made. `name`: who answers.
// `keys`: there is probably a keyboard.
export function stateOf({ view, hearing, answering, name, keys = true }) {
  if (view.phase === "opening") return { key: "opening", words: "Opening the microphone…" };
  if (view.phase === "off") return { key: "off", words: view.why ?? "" };
  if (hearing) return { key: "hearing", words: "Hearing you…" };
  if (view.speaking) return { key: "speaking", words: `${name} is speaking. ${interrupt(view)}` };
  if (view.mode === "push" && view.held) return { key: "listening", words: "Listening. Let go when you have finished." };
  if (answering) return { key: "thinking", words: `${name} is thinking…` };
  if (view.mode === "push") return { key: "muted", words: `Hold the button${keys ? " or the space bar" : ""} to speak.` };
  return view.muted ? { key: "muted", words: "Muted. Nothing is heard." } : { key: "listening", words: "Listening. Just speak." };
}

function interrupt(view) {
  if (view.mode === "push") return "Hold the button to interrupt.";
  return view.muted ? "You are muted." : "You can interrupt.";
}

// `text` cut into { text, unclear } at parts given in characters as the server counts them, so that a pictograph is one.
export function unclearPieces(text, parts) {
  const letters = [...text];
  const made = [];
  let at = 0;
  for (const { start, end } of [...parts].sort((left, right) => left.start - right.start)) {
    const from = Math.max(at, start);
    if (end <= from) continue;
    made.push({ text: letters.slice(at, from).join(""), unclear: false }, { text: letters.slice(from, end).join(""), unclear: true });
    at = end;
  }
  made.push({ text: letters.slice(at).join(""), unclear: false });
  return made.filter((piece) => piece.text);
}

const CUT = new Set(["interrupted", "stopped", "abandoned"]);

// What was made of an answer and never heard; null if it was heard whole.
export function unheardOf(reply) {
  if (!reply || !CUT.has(reply.state)) return null;
  return [...reply.text].slice(reply.heard_characters).join("").trim() || null;
}

// Everything spoken of a chat by the message that it belongs to.
export function byMessage(speech) {
  const own = (speech?.utterances ?? []).filter((utterance) => utterance.message_id).map((utterance) => [utterance.message_id, { utterance }]);
  const replies = (speech?.replies ?? []).map((reply) => [reply.message_id, { reply }]);
  return Object.fromEntries([...own, ...replies]);
}
