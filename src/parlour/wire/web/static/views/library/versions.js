// Every published version: who wrote it, what differs from another one, and beginning anew from it.
import { html, useState } from "../../html.js";
import { byWords } from "../../library-words.js";
import { toDraft } from "../../router.js";
import { day, Loading, Notice } from "../parts.js";
import { Choice } from "../tests/fields.js";
import { useRead } from "../tests/use-read.js";
import { Changes } from "./changes.js";
import { personIn } from "./list.js";

export function Versions({ api, artifact, about, onProblem }) {
  const { found, problem, reload } = useRead(() => api.versions(artifact.id), `${artifact.id} ${artifact.version}`);
  if (!found) return html`<${Notice} text=${problem}><button type="button" onClick=${reload}>Try again</button><//>${!problem && html`<${Loading} what="the versions" />`}`;
  const begin = async (version) => {
    try {
      location.hash = toDraft((await api.begin({ artifact_type: artifact.type, artifact_id: artifact.id, version })).id);
    } catch (failure) {
      onProblem(failure.detail);
    }
  };
  return html`
    <ol class="lib-list lib-versions" reversed>${found.items.map((each) => html`
      <li key=${each.version}><span class="lib-words"><span class="history-name">Version ${each.version}</span>
        <span class="quiet small">${[each.published_at && day(each.published_at), each.published_by && `by ${personIn(each.published_by)}`, each.by && byWords(each.by)].filter(Boolean).join(" · ")}</span>
        ${each.note && html`<span class="small" dir="auto">${each.note}</span>`}</span>
        <span class="lib-end">${each.current ? html`<span class="tag">Current</span>` : artifact.may_edit && html`<button type="button" class="lib-small" onClick=${() => begin(each.version)}>Begin from it<span class="unseen"> (version ${each.version})</span></button>`}</span></li>`)}</ol>
    ${found.items.length > 1 && html`<${Compare} api=${api} artifact=${artifact} about=${about} versions=${found.items.map((each) => each.version)} />`}`;
}

function Compare({ api, artifact, about, versions }) {
  const [pair, setPair] = useState({ from: versions[1], to: versions[0] });
  const { found, problem } = useRead(() => api.differences(artifact.id, pair.from, pair.to), `${pair.from} ${pair.to}`);
  const options = versions.map((each) => [String(each), `Version ${each}`]);
  return html`
    <section class="lib-compare" aria-labelledby="compare"><h2 id="compare">What differs</h2>
      <div class="row"><${Choice} name="compared" label="From" value=${String(pair.from)} options=${options} onValue=${(from) => setPair({ ...pair, from: Number(from) })} />
        <${Choice} name="with" label="To" value=${String(pair.to)} options=${options} onValue=${(to) => setPair({ ...pair, to: Number(to) })} /></div>
      <${Notice} text=${problem} />
      ${found && html`<${Changes} changes=${found.changes} about=${about} />`}
    </section>`;
}
