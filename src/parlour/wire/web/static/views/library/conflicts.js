// Somebody published another version meanwhile: the draft is brought up to it, and where both changed the same, one chooses.
import { html, useState } from "../../html.js";
import { asText, inWords } from "../../library-words.js";

export function Conflicts({ api, open }) {
  const [conflicts, setConflicts] = useState([]);
  const [busy, setBusy] = useState(false);
  const rebase = async () => {
    setBusy(true);
    const answer = await open.attempt(() => open.store.command((version) => api.rebase(open.draft.id, version)));
    if (answer) setConflicts(answer.conflicts);
    setBusy(false);
  };
  return html`
    <div class="lib-clash" role="status"><p>Somebody has published version ${open.draft.published_version} meanwhile. Take its changes into your draft; yours stay.</p>
      <button type="button" class="lib-small" disabled=${busy} onClick=${rebase}>Take them in</button>
      ${conflicts.length > 0 && html`<${Both} conflicts=${conflicts} />`}</div>`;
}

export function Both({ conflicts }) {
  return html`<ul class="lib-findings">${conflicts.map((each, at) => html`<li key=${at}>${inWords(each.type)}: yours is <q>${asText(each.mine)}</q>, theirs <q>${asText(each.theirs)}</q></li>`)}</ul>`;
}
