// After publishing: what was written, and what comes next.
import { html, useState } from "../../html.js";
import { NEXT } from "../../library-forms.js";
import { labelOf } from "../../library-words.js";
import { toArtifact, toDraft } from "../../router.js";
import { Notice, PageTitle } from "../parts.js";
import { Assign } from "./assign.js";

export function Published({ api, types, result }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const next = NEXT[result.artifact_type];
  const may = next && types.types.some((each) => each.type === next.type && each.may_create);
  const go = async () => {
    setBusy(true);
    try {
      const draft = await api.begin({ artifact_type: next.type });
      await api.patch(draft.id, draft.version, [{ op: "link", type: next.link, artifact_id: result.artifact_id }]);
      location.hash = toDraft(draft.id);
    } catch (failure) {
      setProblem(failure.detail);
      setBusy(false);
    }
  };
  return html`
    <div class="page library">
      <p class="crumb"><a href="#/library">Library</a></p>
      <${PageTitle}>It is published<//>
      <p>${labelOf(result.artifact_type, types)}, version ${result.version}.${result.trainings?.length > 0 ? ` ${result.trainings.length === 1 ? "One training uses" : `${result.trainings.length} trainings use`} it now.` : ""}</p>
      <${Notice} text=${problem} />
      <div class="row lib-next">
        ${may && html`<button type="button" class="primary" disabled=${busy} onClick=${go}>${busy ? "One moment…" : next.words}</button>`}
        <a class="button" href=${toArtifact(result.artifact_id)}>See it in the library</a>
      </div>
      ${result.artifact_type === "simulation" && html`<${Assign} api=${api} simulationId=${result.artifact_id} />`}
    </div>`;
}
