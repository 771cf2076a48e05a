// One message of the conversation: of the person, a question of the assistant, or its answer with sources and trace.
import { html, useEffect, useRef, useState } from "../../html.js";
import { outcomeOf } from "../../lab-forms.js";
import { nameOf, size, withoutSources } from "../../lab-words.js";
import { day } from "../parts.js";
import { Recording } from "../voice/recording.js";
import { LabQuestion } from "./question.js";
import { itemOf, Sources } from "./sources.js";
import { Trace } from "./trace.js";
import { Words } from "./words.js";

export function LabMessage({ lab, message, onShow, playNow }) {
  if (message.role === "person") return html`<${Said} lab=${lab} message=${message} onShow=${onShow} />`;
  const open = message.kind === "question" && lab.store.state.question?.question_id === message.question_id;
  return html`
    <li class="message other" id=${`message-${message.message_id}`} data-kind=${message.kind}>
      <p class="speaker"><span class="face lab-face" aria-hidden="true">A</span>Assistant <span class="quiet small">${day(message.created_at)}</span></p>
      <div class="bubble">
        ${message.kind !== "question" ? html`<${Answer} lab=${lab} message=${message} onShow=${onShow} />`
          : open ? html`<${LabQuestion} key=${message.question_id} lab=${lab} question=${lab.store.state.question} error=${message.error} own onShow=${onShow} />`
            : html`<${Asked} message=${message} question=${lab.store.state.settled[message.question_id]} />`}
        ${message.speech && html`<p class="spoken"><${Recording} key=${message.speech} address=${() => addressOf(lab.api, message.speech)} words="Play it" label="Spoken answer" playNow=${playNow} /></p>`}
      </div>
    </li>`;
}

function Said({ lab, message, onShow }) {
  const files = Object.entries(message.files).filter(([handle]) => handle !== message.speech);
  const other = message.author_id && message.author_id !== lab.api.userId ? message.author_id : null;
  return html`
    <li class="message own" id=${`message-${message.message_id}`}>
      <p class="speaker">${other ?? html`<span class="unseen">You</span>`}</p>
      <div class="bubble">
        ${files.map(([handle, bytes]) => html`<p key=${handle}><${FileLink} handle=${handle} bytes=${bytes} onShow=${onShow} /></p>`)}
        ${message.kind === "speech" && !message.text && html`<p class="quiet">(spoken)</p>`}
        ${message.text && html`<p class="prose">${message.text}</p>`}
        ${message.speech && html`<p class="spoken"><${Recording} key=${message.speech} address=${() => addressOf(lab.api, message.speech)} words="Play what you said" label="What you said" /></p>`}
      </div>
    </li>`;
}

const addressOf = async (api, handle) => URL.createObjectURL(await api.bytes(handle));

export function FileLink({ handle, bytes, onShow }) {
  return html`<button type="button" class="file" onClick=${() => onShow({ handle, title: nameOf(handle) })}>
    <span class="file-name">${nameOf(handle)}</span> <span class="quiet small">${size(bytes)}</span></button>`;
}

function Answer({ lab, message, onShow }) {
  const { body, sources } = withoutSources(message.text, message.references_detail);
  const numbered = new Map(sources.flatMap((source) => source.numbers.map((number) => [number, source.reference])));
  const show = (reference) => onShow(itemOf(reference));
  return html`
    ${message.error && html`<p class="answer-error" role="note">${message.error.replace(/^[a-z_]+: /, "")}</p>`}
    <${Words} text=${body} known=${new Set(numbered.keys())} onMark=${(number) => show(numbered.get(number))} />
    <${Sources} sources=${sources} onShow=${show} />
    ${message.extra_info && html`<details class="more"><summary>More</summary><p class="prose">${message.extra_info}</p></details>`}
    <${Trace} api=${lab.api} turnId=${message.turn_id} />`;
}

// A question that is closed: what was asked, and what came of it.
function Asked({ message, question }) {
  const lines = message.text.split("\n");
  const outcome = outcomeOf(question);
  return html`
    <details class="asked"><summary>${lines[0]}</summary><p class="prose small">${lines.slice(1).join("\n") || lines[0]}</p></details>
    ${outcome && html`<p class="asked-outcome"><span class="tag" data-status=${outcome.good ? undefined : "missed"}>${outcome.words}</span>
      ${question.answered_by && question.assigned_to && question.answered_by === question.assigned_to && html` <span class="quiet small">by ${question.answered_by}</span>`}</p>
      ${outcome.detail && html`<p class="prose small asked-detail">${outcome.detail}</p>`}`}`;
}

// For screen readers: the whole of an answer or a question once it is there; never single pieces.
export function Spoken({ messages }) {
  const last = messages.findLast((message) => message.role === "assistant");
  const heard = useRef(last?.message_id);
  const [words, setWords] = useState("");
  useEffect(() => {
    if (!last || heard.current === last.message_id) return;
    heard.current = last.message_id;
    setWords(`Assistant: ${last.text}`);
  }, [last?.message_id]);
  return html`<p class="unseen" aria-live="polite">${words}</p>`;
}
