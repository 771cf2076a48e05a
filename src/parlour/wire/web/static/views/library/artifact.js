// One published artifact: how it looks, what it consists of, its versions, and where it is used.
import { html, useRef, useState } from "../../html.js";
import { capital, labelOf, nameOf } from "../../library-words.js";
import { toArtifact, toDraft, toTrainings, toVersions } from "../../router.js";
import { saveFile } from "../../save-file.js";
import { useKeptFocus } from "../kept-focus.js";
import { Confirm, day, Face, Loading, Notice, PageTitle } from "../parts.js";
import { useRead } from "../tests/use-read.js";
import { Assign } from "./assign.js";
import { personIn } from "./list.js";
import { Preview } from "./preview.js";
import { Used } from "./used.js";
import { ValuesView } from "./values-view.js";
import { Versions } from "./versions.js";

export function ArtifactPage({ api, types, place, onLeave }) {
  const { found, problem, reload, setProblem } = useRead(() => api.artifact(place.artifactId), place.artifactId, onLeave);
  const page = useRef(null);
  useKeptFocus(page, Boolean(found));
  if (!found) {
    return html`<div class="page library">${problem
      ? html`<${PageTitle}>This cannot be opened<//><${Notice} text=${problem}><button type="button" onClick=${reload}>Try again</button><//><p><a href="#/library">Library</a></p>`
      : html`<${Loading} what="it" />`}</div>`;
  }
  const about = types.types.find((each) => each.type === found.type);
  const facts = [found.version && `version ${found.version}`, found.published_at && day(found.published_at), found.published_by && `by ${personIn(found.published_by)}`].filter(Boolean);
  return html`
    <div class="page library" ref=${page}>
      <p class="crumb"><a href="#/library">Library</a></p>
      <div class="lib-head"><${Face} name=${nameOf(found)} color=${found.color} icon=${found.icon} /><${PageTitle}>${nameOf(found)}<//></div>
      <p class="facts"><span class="tag">${capital(labelOf(found.type, types))}</span>${found.archived && html`<span class="tag" data-status="missed">Archived</span>`}${facts.map((fact) => html`<span key=${fact}>${fact}</span>`)}</p>
      <${Notice} text=${problem} onClose=${() => setProblem(null)} />
      <${Acts} api=${api} artifact=${found} about=${about} onProblem=${setProblem} onChanged=${reload} />
      <nav class="lab-parts test-parts" aria-label="This one">
        <a href=${toArtifact(found.id)} aria-current=${place.part === "read" ? "page" : undefined}>What it says</a>
        <a href=${toVersions(found.id)} aria-current=${place.part === "versions" ? "page" : undefined}>Versions</a>
      </nav>
      ${place.part === "versions" ? html`<${Versions} api=${api} artifact=${found} about=${about} onProblem=${setProblem} />` : html`
        <div class="lib-columns"><div class="lib-main"><${ValuesView} api=${api} artifact=${found} about=${about} /></div>
          <aside class="lib-side" aria-label="Around it"><${Preview} type=${found.type} values=${found.values} />
            <${Used} api=${api} artifact=${found} types=${types} onProblem=${setProblem} onChanged=${reload} />
            ${found.type === "cohort" && html`<p><a href=${toTrainings(found.id)}>Dates and settings of its trainings</a></p>`}
            ${found.type === "simulation" && !found.archived && html`<${Assign} api=${api} simulationId=${found.id} />`}</aside></div>`}
    </div>`;
}

function Acts({ api, artifact, about, onProblem, onChanged }) {
  const [busy, setBusy] = useState(null);
  const [asking, setAsking] = useState(false);
  const act = (name, work) => async () => {
    setBusy(name);
    setAsking(false);
    try {
      await work();
    } catch (failure) {
      onProblem(failure.detail);
    }
    setBusy(null);
  };
  const edit = act("edit", async () => {
    const draft = artifact.draft_id ? { id: artifact.draft_id } : await api.begin({ artifact_type: artifact.type, artifact_id: artifact.id });
    location.hash = toDraft(draft.id);
  });
  const copy = act("copy", async () => { location.hash = toDraft((await api.duplicate(artifact.id)).id); });
  const archive = act("archive", async () => { await api.archive(artifact.id, !artifact.archived); await onChanged(); });
  const save = act("export", async () => saveFile(await api.exported(artifact.id)));
  const saveQuestions = act("questions", async () => saveFile(await api.exportedQuestions(artifact.id, "gift")));
  const hasQuestions = artifact.type === "scenario" && (artifact.values.questions ?? []).length > 0;
  return html`
    <div class="row lib-acts">
      ${artifact.may_edit && !artifact.archived && html`<button type="button" class="primary" disabled=${busy !== null} onClick=${edit}>${artifact.draft_id ? "Go on with the draft" : "Edit"}</button>`}
      ${about?.may_create && html`<button type="button" disabled=${busy !== null} onClick=${copy}>Duplicate</button>`}
      <button type="button" disabled=${busy !== null} onClick=${save}>Export</button>
      ${hasQuestions && html`<button type="button" disabled=${busy !== null} onClick=${saveQuestions}>Export the questions</button>`}
      ${artifact.may_edit && html`<button type="button" class="plain" disabled=${busy !== null} onClick=${() => (artifact.archived ? archive() : setAsking(true))}>${artifact.archived ? "Bring back" : "Archive"}</button>`}
      ${!artifact.may_edit && html`<span class="quiet small">You can read and use it. To change it, duplicate it.</span>`}
      ${asking && html`<${Confirm} title="Archive this?" text="It is no longer offered for new things. What uses it goes on as before, and you can bring it back." yes="Archive" onYes=${archive} onNo=${() => setAsking(false)} />`}
    </div>`;
}
