// Somebody published another version meanwhile: the draft is brought up to it, and where both changed the same, one chooses.
import { undecided } from "../../draft-state.js";
import { html, useState } from "../../html.js";
import { labelIn } from "../../library-forms.js";
import { asText, inWords } from "../../library-words.js";

export function Conflicts({ open }) {
  const [busy, setBusy] = useState(false);
  const { draft } = open;
  const conflicts = undecided(open.store.state, open.conflicts);
  const stale = draft.published_version > draft.base_version;
  const take = async () => {
    setBusy(true);
    await open.rebase();
    setBusy(false);
  };
  if (!stale && conflicts.length === 0) return null;
  return html`
    <div class="lib-clash" role="status">${stale && html`<p>Somebody has published version ${draft.published_version} meanwhile. Take its changes into your draft; yours stay.</p>
      <button type="button" class="lib-small" disabled=${busy} onClick=${take}>${busy ? "One moment…" : "Take them in"}</button>`}
      ${!stale && html`<p>Version ${draft.base_version} is taken in. You both changed the same; yours is kept where you say nothing else:</p>`}
      ${conflicts.length > 0 && html`<${Both} conflicts=${conflicts} artifactType=${draft.artifact_type} />
        ${!stale && html`<button type="button" class="lib-small" onClick=${() => open.decided()}>Keep all of mine</button>`}`}</div>`;
}

function Both({ conflicts, artifactType }) {
  const said = (given) => (given == null ? "nothing" : html`<q>${asText(given)}</q>`);
  return html`<ul class="lib-findings small">${conflicts.map((each, at) => html`<li key=${at}>${labelIn(artifactType, { name: each.type, label: inWords(each.type) })}: yours is ${said(each.mine)}, theirs ${said(each.theirs)}</li>`)}</ul>`;
}
