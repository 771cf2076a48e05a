// What was heard of a chat, read again whenever something spoken has come to an end.
import { useEffect, useState } from "../../html.js";
import { byMessage } from "../../voice-words.js";

// { of(messageId), reload, problem }: of a message { utterance } or { reply }, if it was spoken.
export function useSpeech({ api, chat, messages, voiceUsed }) {
  const [held, setHeld] = useState({ found: {}, problem: null });
  const spoken = chat.audioEnabled && (voiceUsed || messages.some((message) => message.itemId));
  const turn = spoken ? messages.filter((message) => message.status !== "running").map((message) => `${message.id} ${message.status} ${message.itemId ? message.contents[0]?.text : ""}`).join("|") : null;
  const reload = async () => {
    try {
      setHeld({ found: byMessage(await api.speech(chat.id)), problem: null });
    } catch (problem) {
      setHeld((before) => ({ ...before, problem: problem.detail }));
    }
  };
  useEffect(() => { if (turn) reload(); }, [turn, chat.completed]);
  return { of: (messageId) => held.found[messageId] ?? null, reload, problem: held.problem };
}
