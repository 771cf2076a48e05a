// One's own files: what was sent, what tools fetched. Each may be deleted, unless a log entry has it attached.
import { html, useState } from "../../html.js";
import { size } from "../../lab-words.js";
import { Confirm, day, Notice } from "../parts.js";
import { Paged, usePages } from "./pages.js";

const READ = { pending: "being read", failed: "could not be read", no_text: "holds no text" };

export function Files({ api, onShow }) {
  const list = usePages((after) => api.files(after), (page) => page.files);
  const [asked, setAsked] = useState(null);
  const [problem, setProblem] = useState(null);
  const remove = async () => {
    const file = asked;
    setAsked(null);
    setProblem(null);
    try {
      await api.removeFile(file.handle);
      list.change(list.rows.filter((each) => each.handle !== file.handle));
    } catch (refusal) {
      setProblem(`${file.name}: ${refusal.detail}`);
    }
  };
  const quota = list.first?.quota;
  return html`
    <section aria-label="My files">
      ${quota && html`<p class="quiet small">${size(quota.used)} of ${size(quota.max)} used.</p>`}
      <${Notice} text=${problem} onClose=${() => setProblem(null)} />
      <${Paged} list=${list} what="your files" empty="No files yet. Attach one to a message, or drop it on the conversation.">
        <ul class="own-files">${list.rows?.map((file) => html`
          <li key=${file.handle}>
            <button type="button" class="file" onClick=${() => onShow({ handle: file.handle, title: file.name })}><span class="file-name">${file.name}</span></button>
            <span class="quiet small">${[size(file.size), day(file.created_at), READ[file.text_status]].filter(Boolean).join(" · ")}</span>
            <button type="button" class="plain" onClick=${() => setAsked(file)}>Delete<span class="unseen"> ${file.name}</span></button>
          </li>`)}</ul>
      <//>
      ${asked && html`<${Confirm} title=${`Delete ${asked.name}?`} text="It is gone for good. A recent paper that it is goes with it." yes="Delete" onYes=${remove} onNo=${() => setAsked(null)} />`}
    </section>`;
}
