// Where one writes to the assistant: words, at most one file, and whether one wants to steer. Enter sends where there is a real keyboard.
import { html, useLayoutEffect, useRef, useState } from "../../html.js";
import { size } from "../../lab-words.js";
import { Aloud, aloudOf } from "./aloud.js";
import { RecordButton, RecorderRow, useRecorder } from "./recording.js";

const LENGTH_MAX = 32_000;
const DRAFT = "parlour.lab.draft";
const STEERING = "parlour.lab.steering";

export function LabComposer({ handle, state, onSend }) {
  const [text, setText] = useState(() => sessionStorage.getItem(DRAFT) ?? "");
  const [file, setFile] = useState(null);
  const [note, setNote] = useState(null);
  const [steering, setSteering] = useState(kept);
  const field = useRef(null);
  const chooser = useRef(null);
  const { question } = state;
  const keep = (next) => { setText(next); sessionStorage.setItem(DRAFT, next); };
  const take = (files) => {
    if (files.length === 0) return;
    setNote(files.length > 1 ? "One file at a time: the first one is attached." : null);
    setFile(files[0]);
    field.current?.focus();
  };
  const steer = (change) => {
    const next = { ...steering, ...change };
    setSteering(next);
    sessionStorage.setItem(STEERING, JSON.stringify(next));
  };
  handle.current = { take, put: (words) => { keep(text ? `${text}\n${words}` : words); field.current?.focus(); } };
  useLayoutEffect(() => {
    field.current.style.height = "auto";
    field.current.style.height = `${field.current.scrollHeight + 2}px`;
  }, [text]);

  const flags = () => ({ enable_instruct: steering.instruct, enable_comment: steering.comment, ...(question ? { question_id: question.question_id } : {}) });
  const recorder = useRecorder((wav) => {
    onSend({ text: "", spoken: true, reply_in_speech: state.abilities.speech_out, ...flags() }, new File([wav], "spoken.wav", { type: "audio/wav" }));
  });

  const ready = Boolean(file || text.trim());
  const send = (event) => {
    event?.preventDefault();
    if (!ready) return;
    onSend({ text, ...(state.abilities.speech_out && aloudOf().typed ? { reply_in_speech: true } : {}), ...flags() }, file);
    keep("");
    setFile(null);
    setNote(null);
    field.current.focus();
  };
  const onKeyDown = (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !matchMedia("(pointer: fine)").matches) return;
    event.preventDefault();
    send();
  };
  return html`
    <form class="composer lab-composer" onSubmit=${send}>
      ${question && html`<p class="composer-note">What you write answers the question above.</p>`}
      <${RecorderRow} recorder=${recorder} />
      ${note && html`<p class="composer-note" role="status">${note}</p>`}
      ${file && html`<p class="attached"><span class="file-name">${file.name}</span> <span class="quiet small">${size(file.size)}</span>
        <button type="button" class="plain" onClick=${() => { setFile(null); field.current.focus(); }}>Remove<span class="unseen"> ${file.name}</span></button></p>`}
      <label class="unseen" for="say">Your message</label>
      <textarea id="say" ref=${field} rows="1" maxlength=${LENGTH_MAX} value=${text} placeholder=${placeholder(question, file)}
        onInput=${(event) => keep(event.target.value)} onKeyDown=${onKeyDown}></textarea>
      <input ref=${chooser} class="unseen" type="file" tabindex="-1" aria-hidden="true" onChange=${(event) => { take(event.target.files); event.target.value = ""; }} />
      ${state.abilities.speech_in && html`<${RecordButton} recorder=${recorder} />`}
      ${recorder.phase === "off" && html`<button type="button" onClick=${() => chooser.current.click()}><span class="plus" aria-hidden="true">+</span><span class="roomy">Attach<span class="unseen"> a file</span></span></button>
      <button type="submit" class="primary" disabled=${!ready}>${question ? "Answer" : "Send"}</button>`}
      <fieldset class="steer"><legend class="unseen">Steering</legend><span class="small narrow" aria-hidden="true">Steer:</span>
        <label class="check small"><input type="checkbox" checked=${steering.instruct} onChange=${(event) => steer({ instruct: event.target.checked })} /><span><span class="roomy">Ask me about its </span>reasoning</span></label>
        <label class="check small"><input type="checkbox" checked=${steering.comment} onChange=${(event) => steer({ comment: event.target.checked })} /><span><span class="roomy">Let me comment on its </span>actions</span></label>
      </fieldset>
      ${state.abilities.speech_out && html`<${Aloud} />`}
    </form>`;
}

function kept() {
  try {
    return { instruct: false, comment: false, ...JSON.parse(sessionStorage.getItem(STEERING)) };
  } catch {
    return { instruct: false, comment: false };
  }
}

function placeholder(question, file) {
  if (file) return "Say something about the file, if you like";
  return question ? "Or in your own words" : "Write to the assistant";
}
