// A simulation becomes a training of a cohort that there is already.
import { html, useState } from "../../html.js";
import { toArtifact } from "../../router.js";
import { Loading, Notice } from "../parts.js";
import { Choice } from "../tests/fields.js";
import { useRead } from "../tests/use-read.js";

export function Assign({ api, simulationId, name }) {
  const { found, problem, setProblem } = useRead(() => api.cohorts(), "cohorts");
  const [cohort, setCohort] = useState("");
  const [done, setDone] = useState(null);
  const [busy, setBusy] = useState(false);
  if (!found) return problem ? html`<${Notice} text=${problem} />` : html`<${Loading} what="your cohorts" />`;
  const options = found.items.filter((each) => each.may_edit).map((each) => [each.id, each.name]);
  if (options.length === 0) return null;
  const chosen = cohort || options[0][0];
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      await api.newTraining({ kind: "home", simulation_id: simulationId, cohort_ids: [chosen], ...(name ? { name } : {}) });
      setDone(chosen);
    } catch (failure) {
      setProblem(failure.detail);
    }
    setBusy(false);
  };
  return html`
    <section class="lib-assign" aria-labelledby="assign"><h2 id="assign">Assign it to a cohort</h2>
      <${Notice} text=${problem} />
      ${done ? html`<p role="status">${options.find(([id]) => id === done)[1]} can practise it now. <a href=${toArtifact(done)}>See the cohort</a></p>` : html`
        <form class="row" onSubmit=${submit}><${Choice} name="assign-to" label="Cohort" value=${chosen} options=${options} onValue=${setCohort} />
          <button type="submit" disabled=${busy}>${busy ? "One moment…" : "Assign it"}</button></form>`}
    </section>`;
}
