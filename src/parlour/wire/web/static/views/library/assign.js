// A simulation becomes a training of a cohort that there is already.
import { html, useEffect, useRef, useState } from "../../html.js";
import { toArtifact } from "../../router.js";
import { Confirm, Loading, Notice } from "../parts.js";
import { Choice } from "../tests/fields.js";
import { useRead } from "../tests/use-read.js";

export function Assign({ api, simulationId }) {
  const { found, problem, setProblem } = useRead(() => api.cohorts(), "cohorts");
  const [cohort, setCohort] = useState("");
  const [done, setDone] = useState(null);
  const [busy, setBusy] = useState(false);
  const [twice, setTwice] = useState(null);
  const told = useRef(null);
  useEffect(() => { if (done) told.current.focus(); }, [done]);
  if (!found) return problem ? html`<${Notice} text=${problem} />` : html`<${Loading} what="your cohorts" />`;
  const options = found.filter((each) => each.may_edit).map((each) => [each.id, each.name]);
  if (options.length === 0) return null;
  const chosen = cohort || options[0][0];
  const assign = async (again) => {
    setBusy(true);
    setTwice(null);
    setProblem(null);
    try {
      await api.newTraining({ kind: "home", simulation_id: simulationId, cohort_ids: [chosen], again });
      setDone(chosen);
    } catch (failure) {
      if (failure.code === "already_assigned") setTwice(failure.detail);
      else setProblem(failure.detail);
    }
    setBusy(false);
  };
  const submit = (event) => {
    event.preventDefault();
    assign(false);
  };
  return html`
    <section class="lib-assign" aria-labelledby="assign"><h2 id="assign">Assign it to a cohort</h2>
      <${Notice} text=${problem} />
      ${done ? html`<p role="status" ref=${told} tabindex="-1">${options.find(([id]) => id === done)[1]} can practise it now. <a href=${toArtifact(done)}>See the cohort</a></p>` : html`
        <form class="row" onSubmit=${submit}><${Choice} name="assign-to" label="Cohort" value=${chosen} options=${options} onValue=${setCohort} />
          <button type="submit" disabled=${busy}>${busy ? "One moment…" : "Assign it"}</button></form>
        ${twice && html`<${Confirm} title="Assign it once more?" text=${`${twice} Assigned once more, its learners have it twice.`} yes="Assign it once more" onYes=${() => assign(true)} onNo=${() => setTwice(null)} />`}`}
    </section>`;
}
