// Chooses a file and sends it. What the server says it is must be what was asked for.
import { html, useState } from "../../../html.js";

// { busy, send(file, { mime, wrong }, then) }: `then(sent)` runs when the file is there and is of that kind.
export function useSending(open, api) {
  const [busy, setBusy] = useState(false);
  const send = async (file, { mime, wrong }, then) => {
    setBusy(true);
    await open.attempt(async () => {
      const sent = await api.upload(file);
      if (mime && !sent.mime_type.startsWith(mime)) open.say(wrong);
      else await then(sent);
    });
    setBusy(false);
  };
  return { busy, send };
}

export function FilePick({ words, about, accept, busy, onFile }) {
  const onChange = (event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (file) onFile(file);
  };
  return html`<label class="lib-add lib-file" aria-disabled=${busy}>${busy ? "Sending…" : words}${about && html`<span class="unseen">${about}</span>`}<input type="file" class="unseen" disabled=${busy} accept=${accept} onChange=${onChange} /></label>`;
}
