import { html, useEffect, useRef } from "../html.js";
import { markQuote } from "../quotes.js";
import { unclearPieces } from "../voice-words.js";
import { Face } from "./parts.js";
import { SpokenFoot, UnclearWords } from "./voice/spoken.js";

const INTERRUPTED = "Interrupted here.";
const STATUS = { stopped: "Stopped here.", failed: "The answer could not be finished." };

export const textOf = (message) => message.contents.map((content) => content.text.trim()).filter(Boolean).join("\n\n");

// `spoken`: what is known of its sound (voice-words.js), with `api`, `chat` and `reload` in `voiced`.
export function Message({ state, step, mark, editable, edited, graded, spoken, voiced, onEdit, onSibling }) {
  const { message, siblings, index } = step;
  const place = useRef(null);
  const own = message.type === "query";
  useEffect(() => {
    if (!mark) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    place.current.focus({ preventScroll: true });
    place.current.scrollIntoView({ block: "center", behavior: calm ? "instant" : "smooth" });
  }, [mark]);
  const speaker = speakerOf(state, message, message.contents[0]);
  const classes = ["message", own ? "own" : "other", mark && "marked", edited && "edited"].filter(Boolean).join(" ");
  return html`
    <li ref=${place} id=${`message-${message.id}`} class=${classes} data-cut=${spoken?.reply?.state === "interrupted" ? "yes" : undefined} tabindex="-1" aria-busy=${message.status === "running" ? "true" : undefined}>
      <p class="speaker">${!own && html`<${Face} ...${speaker} />`}<span class=${own && state.own ? "unseen" : ""}>${speaker.name}</span></p>
      <div class="bubble">${bodyOf(state, message, mark, speaker, spoken)}</div>
      <div class="message-foot">
        ${STATUS[message.status] && html`<span>${spoken?.reply?.state === "interrupted" ? INTERRUPTED : STATUS[message.status]}</span>`}
        ${spoken && html`<${SpokenFoot} ...${voiced} state=${state} spoken=${spoken} />`}
        ${siblings.length > 1 && html`<${Siblings} ids=${siblings} index=${index} onSibling=${onSibling} />`}
        ${own && editable && html`<button type="button" class="plain" onClick=${onEdit}>Edit and resend</button>`}
        ${mark && graded && html`<a class="plain" href="#grade" onClick=${backToGrade}>Back to the grade</a>`}
      </div>
    </li>`;
}

function backToGrade(event) {
  event.preventDefault();
  const heading = document.getElementById("grade-title");
  heading?.closest("details")?.setAttribute("open", "");
  heading?.focus({ preventScroll: true });
  heading?.scrollIntoView({ block: "center" });
}

function bodyOf(state, message, mark, first, spoken) {
  if (message.contents.every((content) => !content.text.trim())) {
    return message.status === "running"
      ? html`<p class="thinking"><span class="unseen">Answering</span><i></i><i></i><i></i></p>`
      : html`<p class="quiet">(no words)</p>`;
  }
  let before = first.name;
  return message.contents.map((content) => {
    const speaker = speakerOf(state, message, content);
    const changed = speaker.name !== before;
    before = speaker.name;
    return html`
      ${changed && html`<p class="speaker inner" key=${`who ${content.idx}`}><${Face} ...${speaker} />${speaker.name}</p>`}
      <p class="prose" key=${content.idx}>${wordsOf(content.text, mark, spoken)}</p>`;
  });
}

function wordsOf(text, mark, spoken) {
  const unclear = spoken?.utterance?.unclear ?? [];
  if (unclear.length > 0 && !mark?.quote) return html`<${UnclearWords} pieces=${unclearPieces(text, unclear)} />`;
  return markQuote(text.trim(), mark?.quote).map((piece) => (piece.marked ? html`<mark>${piece.text}</mark>` : piece.text));
}

export function speakerOf(state, message, content) {
  if (message.type === "query") return { name: state.own ? "You" : state.learnerName ?? "Learner" };
  const persona = state.personas[content?.personaId ?? message.personaId];
  const only = Object.values(state.personas).length === 1 ? Object.values(state.personas)[0] : null;
  const known = persona ?? only ?? {};
  return { name: content?.name ?? known.name ?? "Persona", color: content?.color ?? known.color, icon: content?.icon ?? known.icon };
}

function Siblings({ ids, index, onSibling }) {
  return html`
    <span class="siblings" role="group" aria-label="Versions of this message">
      <button type="button" class="plain" aria-label="Earlier version" disabled=${index === 0} onClick=${() => onSibling(ids[index - 1])}>‹</button>
      <span aria-live="polite">${index + 1}/${ids.length}</span>
      <button type="button" class="plain" aria-label="Later version" disabled=${index === ids.length - 1} onClick=${() => onSibling(ids[index + 1])}>›</button>
    </span>`;
}
