// Where the learner writes. The draft outlives a reload; Enter sends where there is a real keyboard.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../html.js";
import { textOf } from "./message.js";

const LENGTH_MAX = 32_000;

export function Composer({ handle, chat, editing, running, waiting, onSend, onStop, onCancelEdit }) {
  const key = `parlour.draft.${chat.id}`;
  const [text, setText] = useState(() => sessionStorage.getItem(key) ?? "");
  const [stopping, setStopping] = useState(false);
  const field = useRef(null);
  const keep = (next) => { setText(next); sessionStorage.setItem(key, next); };

  handle.current = {
    put: (words) => { keep(text ? `${text}\n${words}` : words); field.current?.focus(); },
  };
  const before = useRef(null);
  useLayoutEffect(() => {
    if (!editing) return;
    before.current ??= text;
    keep(textOf(editing));
    field.current?.focus();
  }, [editing?.id]);
  useEffect(() => { if (!running) setStopping(false); }, [running?.id]);
  useLayoutEffect(() => {
    field.current.style.height = "auto";
    field.current.style.height = `${field.current.scrollHeight + 2}px`;
  }, [text]);
  if (!chat.textEnabled) return html`<p class="quiet">This conversation is spoken only.</p>`;

  const send = (event) => {
    event?.preventDefault();
    if (!text.trim()) return;
    onSend(text);
    restore();
    field.current.focus();
  };
  const onKeyDown = (event) => {
    if (event.key === "Escape" && editing) cancel();
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !matchMedia("(pointer: fine)").matches) return;
    event.preventDefault();
    send();
  };
  // What was being written before an edit began comes back after it.
  const restore = () => {
    keep(before.current ?? "");
    before.current = null;
  };
  const cancel = () => { onCancelEdit(); restore(); };
  const stop = () => {
    setStopping(true);
    onStop().then(() => setStopping(false));
    field.current.focus();
  };
  return html`
    <form class="composer" onSubmit=${send}>
      ${editing && html`<p class="composer-note">You are changing an earlier message. The old version stays.
        <button type="button" class="plain" onClick=${cancel}>Cancel</button></p>`}
      <label class="unseen" for="say">Your message</label>
      <textarea id="say" ref=${field} rows="1" maxlength=${LENGTH_MAX} value=${text} placeholder=${placeholder(running, waiting)}
        onInput=${(event) => keep(event.target.value)} onKeyDown=${onKeyDown}
        onPaste=${chat.copyPaste ? undefined : (event) => event.preventDefault()}></textarea>
      ${running
        ? html`<button type="button" key="stop" class="stop" disabled=${stopping} onClick=${stop}>${stopping ? "Stopping…" : "Stop"}</button>`
        : html`<button type="submit" key="send" class="primary" disabled=${!text.trim()}>Send</button>`}
    </form>`;
}

function placeholder(running, waiting) {
  if (waiting) return "You can keep writing";
  return running ? "Write while you wait" : "Write your message";
}
