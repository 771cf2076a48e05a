// The conversation as text: one path through the tree of messages, then what still waits to be sent.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../html.js";
import { Message, textOf } from "./message.js";
import { Hearing } from "./voice/hearing.js";

const NEAR_END_PX = 160;

// `hearing`: what the learner is saying. `speech`: what is known of what was spoken. `aloud`: answers are spoken here.
export function Transcript({ state, path, waiting, outbox, mark, editable, editing, graded, hearing, speech, voiced, aloud, onEdit, onSibling, onTakeBack }) {
  const last = path.at(-1)?.message;
  useFollow(`${path.length} ${last ? textOf(last).length : 0} ${waiting.length} ${hearing?.text.length ?? ""}`);
  return html`
    ${path.length + waiting.length === 0 && !hearing && html`<p class="quiet begin">${editable ? "Say the first words when you are ready." : "Nothing was said."}</p>`}
    <ol class="messages">
      ${path.map((step) => html`
        <${Message} key=${step.message.id} state=${state} step=${step} mark=${mark?.messageId === step.message.id ? mark : null}
          editable=${editable} edited=${editing?.id === step.message.id} graded=${graded}
          spoken=${speech.of(step.message.id)} voiced=${voiced} onEdit=${() => onEdit(step.message)} onSibling=${(id) => onSibling(step.message, id)} />`)}
      ${waiting.map((entry) => html`<${Waiting} key=${entry.id} entry=${entry} outbox=${outbox} onTakeBack=${onTakeBack} />`)}
      ${hearing && html`<${Hearing} key="hearing" hearing=${hearing} name=${state.own ? "You" : state.learnerName ?? "Learner"} />`}
    </ol>
    <${Spoken} state=${state} message=${last} aloud=${aloud} />`;
}

// Keeps the newest words in view while the person is at the end, and leaves them alone when they read further up.
export function useFollow(length) {
  const atEnd = useRef(true);
  useEffect(() => {
    const look = () => {
      const page = document.documentElement;
      atEnd.current = page.scrollHeight - page.clientHeight - page.scrollTop < NEAR_END_PX;
    };
    addEventListener("scroll", look, { passive: true });
    return () => removeEventListener("scroll", look);
  }, []);
  const first = useRef(true);
  useLayoutEffect(() => {
    if (!first.current && atEnd.current) scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
    first.current = false;
  }, [length]);
}

function Waiting({ entry, outbox, onTakeBack }) {
  const failed = entry.state === "failed";
  return html`
    <li class="message own waiting">
      <p class="bubble prose">${entry.text}</p>
      <p class="message-foot" role="status">
        ${failed ? entry.detail : entry.state === "sending" ? "Sending…" : "Waiting to be sent. It is kept safe here."}
        ${entry.state !== "sending" && html`<button type="button" class="plain" onClick=${() => onTakeBack(entry)}>Take back</button>`}
        ${failed && html`<button type="button" class="plain" onClick=${() => outbox.remove(entry.id)}>Discard</button>`}
      </p>
    </li>`;
}

// For screen readers: that an answer has begun, and the whole of it once it is there; never single tokens, and not over the
// voice of an answer that is spoken.
function Spoken({ state, message, aloud }) {
  const [words, setWords] = useState("");
  const heard = useRef(message?.status === "running" ? null : message?.id);
  useEffect(() => {
    if (message?.type !== "response" || heard.current === message.id) return;
    const name = state.personas[message.contents[0]?.personaId ?? message.personaId]?.name ?? "The other side";
    if (aloud) {
      if (message.status !== "running") heard.current = message.id;
      setWords("");
    } else if (message.status === "running") setWords(`${name} is answering.`);
    else {
      heard.current = message.id;
      setWords(`${name}: ${textOf(message)}`);
    }
  }, [message?.id, message?.status]);
  return html`<p class="unseen" role="status" aria-live="polite">${words}</p>`;
}

export function Hints({ path, running }) {
  const hints = path.at(-1)?.message.hints ?? [];
  if (running || hints.length === 0) return null;
  return html`
    <details class="hints" open>
      <summary>Ideas for what to say next</summary>
      <ul>${hints.map((hint) => html`<li key=${hint}>${hint}</li>`)}</ul>
    </details>`;
}
