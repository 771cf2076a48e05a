// What the assistant reads while it writes: documents, files, and conversations, people's names left out.
import { html, useState } from "../../html.js";
import { Dialog } from "../dialog.js";
import { Picker } from "./editor/links.js";
import { PickChat } from "./pick-chat.js";

const KINDS = { document: "Document", upload: "File", chat: "Conversation" };

const READ_MS = 1_000;
const READS_MAX = 30;

// A file is read in the background; until then it cannot be attached.
async function whenRead(attach) {
  for (let times = 1; ; times += 1) {
    try {
      return await attach();
    } catch (problem) {
      if (problem.code !== "source_pending" || times === READS_MAX) throw problem;
      await new Promise((resolve) => { setTimeout(resolve, READ_MS); });
    }
  }
}

export function Sources({ api, open }) {
  const { draft, store } = open;
  const [shown, setShown] = useState(null);
  const [picking, setPicking] = useState(false);
  const [busy, setBusy] = useState(false);
  const does = (call) => open.attempt(() => store.command(call));
  const add = (kind, id) => does(() => api.addSource(draft.id, kind, id));
  const send = async (event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (!file) return;
    setBusy(true);
    const sent = await open.attempt(() => api.upload(file));
    if (sent && !sent.source_id) open.say("There is no text in this file that can be read.");
    if (sent?.source_id) await open.attempt(() => whenRead(() => store.command(() => api.addSource(draft.id, "upload", sent.source_id))));
    setBusy(false);
  };
  const show = async (source) => setShown(await open.attempt(() => api.source(draft.id, source.id)));
  return html`
    <details class="lib-sources" open=${draft.sources.length > 0}><summary><h2>Sources</h2></summary>
      <p class="quiet small">The assistant reads them and quotes what it takes from them.</p>
      <ul class="lib-links">${draft.sources.map((source) => html`<li key=${source.id}><button type="button" class="plain lib-jump" onClick=${() => show(source)}>${source.name || KINDS[source.kind]}</button>
        <span class="quiet small">${KINDS[source.kind]}${source.cut ? ", the beginning only" : ""}</span>
        ${draft.may.edit && html`<button type="button" class="lib-tool" aria-label=${`Remove ${source.name}`} onClick=${() => does(() => api.removeSource(draft.id, source.id))}>×</button>`}</li>`)}</ul>
      ${draft.may.edit && html`
        <${Picker} api=${api} to="document" words="Add a document" taken=${draft.sources.map((each) => each.of_id)} onPick=${(card) => add("document", card.id)} />
        <button type="button" class="lib-add" onClick=${() => setPicking(true)}>Add a conversation</button>
        <label class="lib-add lib-file" aria-disabled=${busy}>${busy ? "Sending…" : "Add a file"}<input type="file" class="unseen" disabled=${busy} accept=".pdf,.docx,.txt,.md,.csv" onChange=${send} /></label>`}
      ${picking && html`<${PickChat} api=${api} onClose=${() => setPicking(false)} onPick=${(id) => { setPicking(false); add("chat", id); }} />`}
      ${shown && html`<${Dialog} title=${shown.name} kind="viewer" onClose=${() => setShown(null)}><div class="viewer-text" tabindex="0"><p class="prose">${shown.text}</p></div><//>`}
    </details>`;
}
