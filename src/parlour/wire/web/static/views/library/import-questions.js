// Quiz questions from Moodle (GIFT) or QTI, pasted or as a file.
import { html, useState } from "../../html.js";
import { Dialog } from "../dialog.js";
import { Notice } from "../parts.js";

const BYTES_MAX = 4_000_000;

export function ImportQuestions({ open, api, onClose }) {
  const [text, setText] = useState("");
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const read = async (content) => {
    setBusy(true);
    setProblem(null);
    try {
      await open.store.command(() => api.addQuestions(open.draft.id, "auto", content));
      onClose();
    } catch (failure) {
      setProblem(failure.detail);
      setBusy(false);
    }
  };
  const onFile = async (event) => {
    const [file] = event.target.files;
    if (!file) return;
    if (file.size > BYTES_MAX) setProblem("This file is too large.");
    else await read(await contentOf(file));
  };
  return html`
    <${Dialog} title="Questions from a file" kind="form" onClose=${onClose}>
      <p>Questions with one or several right answers, and true or false: in the GIFT format of Moodle, or QTI as XML or zip.</p>
      <label class="button lib-file">Choose a file<input type="file" class="unseen" accept=".txt,.gift,.xml,.zip" disabled=${busy} onChange=${onFile} /></label>
      <form onSubmit=${(event) => { event.preventDefault(); read(text); }}>
        <label for="gift">Or paste the text here</label>
        <textarea id="gift" rows="6" value=${text} placeholder=${"How many strings has a violin? {=Four ~Six}"} onInput=${(event) => setText(event.target.value)}></textarea>
        <${Notice} text=${problem} />
        <div class="row end"><button type="submit" class="primary" disabled=${busy || !text.trim()}>${busy ? "One moment…" : "Add them"}</button></div>
      </form>
    <//>`;
}

// Text as it is; a zip as base64.
async function contentOf(file) {
  if (!/\.zip$/i.test(file.name)) return file.text();
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
