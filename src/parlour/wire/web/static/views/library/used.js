// Where an artifact is used, and which trainings still have an older version.
import { html, useState } from "../../html.js";
import { labelOf } from "../../library-words.js";
import { toArtifact } from "../../router.js";

export function Used({ api, artifact, types, onProblem, onChanged }) {
  const [busy, setBusy] = useState(false);
  const { used_by: users, trainings } = artifact;
  const behind = trainings.filter((each) => each.version != null && each.version < each.newest);
  const adopt = async () => {
    setBusy(true);
    try {
      await api.adopt(artifact.id);
      await onChanged();
    } catch (failure) {
      onProblem(failure.detail);
    }
    setBusy(false);
  };
  const title = artifact.type === "cohort" ? "Its trainings" : "Where it is used";
  if (users.length + trainings.length === 0) return html`<section aria-labelledby="used"><h2 id="used">${title}</h2><p class="quiet small">${artifact.type === "cohort" ? "None yet." : "Nowhere yet."}</p></section>`;
  return html`
    <section aria-labelledby="used"><h2 id="used">${title}</h2>
      <ul class="lib-links">${users.map((each) => html`<li key=${each.id}><a href=${toArtifact(each.id)}>${each.name}</a> <span class="quiet small">${labelOf(each.type, types)}</span></li>`)}
        ${trainings.map((each) => html`<li key=${each.id}><span>${each.name}</span> <span class="quiet small">${each.kind === "practice" ? "Practice" : "Training"}${each.version ? `, version ${each.version}` : ""}</span></li>`)}</ul>
      ${behind.length > 0 && artifact.may_edit && html`<p class="small">${behind.length === 1 ? "One training has" : `${behind.length} trainings have`} an earlier version.
        <button type="button" class="lib-small" disabled=${busy} onClick=${adopt}>Use the newest</button></p>`}
    </section>`;
}
