// Trainings: what is assigned and offered, when, and with which versions.
import { html, useRef, useState } from "../../html.js";
import { refusalWords } from "../../library-words.js";
import { toArtifact, toTrainings } from "../../router.js";
import { useKeptFocus } from "../kept-focus.js";
import { Confirm, day, Loading, Notice, PageTitle } from "../parts.js";
import { useRead } from "../tests/use-read.js";
import { TrainingForm } from "./training-form.js";

async function everything(api) {
  const [items, cohorts] = await Promise.all([api.trainings(), api.cohorts()]);
  return { items, cohorts };
}

const SOME = 5;

export function Trainings({ api, types, cohortId, onLeave }) {
  const { found, problem, reload } = useRead(() => everything(api), "trainings", onLeave);
  const [changed, setChanged] = useState({});
  const [words, setWords] = useState("");
  const page = useRef(null);
  useKeptFocus(page, Boolean(found));
  const cohort = found?.cohorts.find((each) => each.id === cohortId)?.name ?? null;
  const all = (found?.items ?? []).filter((each) => !cohortId || each.cohort_ids.includes(cohortId)).map((each) => changed[each.id] ?? each);
  const namesOf = (each) => [each.name, each.simulation_name, ...found.cohorts.filter(({ id }) => each.cohort_ids.includes(id)).map(({ name }) => name)];
  const items = all.filter((each) => namesOf(each).join(" ").toLowerCase().includes(words.trim().toLowerCase()));
  const given = { api, cohorts: found?.cohorts, mayEveryone: types.types.some((each) => each.type === "department" && each.may_create), onChanged: (training) => setChanged((before) => ({ ...before, [training.id]: training })) };
  return html`
    <div class="page library" ref=${page}>
      <p class="crumb"><a href="#/library">Library</a>${cohort && html` › <a href=${toArtifact(cohortId)}>${cohort}</a>`}</p>
      <div class="page-head"><${PageTitle}>${cohort ? `Trainings of ${cohort}` : "Trainings"}<//>
        <p class="quiet">What learners have been assigned or offered. ${cohort && html`<a href=${toTrainings()}>All trainings</a>`}</p></div>
      <${Notice} text=${problem}><button type="button" onClick=${reload}>Try again</button><//>
      ${!found && !problem && html`<${Loading} what="the trainings" />`}
      ${all.length > SOME && html`<div class="field lib-search"><label for="find-training">Search</label>
        <input id="find-training" type="search" maxlength="200" value=${words} placeholder="Names of trainings, simulations and cohorts" onInput=${(event) => setWords(event.target.value)} /></div>`}
      ${all.length > 0 && items.length === 0 && html`<p class="quiet" role="status">No training is called like this.</p>`}
      ${found && all.length === 0 && html`<p class="quiet">None yet. Assign a simulation to a cohort: on the page of the simulation, or in the cohort itself.</p>`}
      ${items.length > 0 && html`<ul class="lib-list lib-trainings">${items.map((each) => html`<${Training} key=${each.id} training=${each} ...${given} />`)}</ul>`}
    </div>`;
}

const CHANGED = "Somebody changed it meanwhile. It is shown as it is now, with your changes on top: look at it, and save again.";

function Training({ api, training, cohorts, mayEveryone, onChanged }) {
  const [told, setTold] = useState("");
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState(null);
  const change = async (wanted, words) => {
    setBusy(true);
    setTold("");
    setProblem(null);
    try {
      onChanged(await api.changeTraining(training.id, { expected_version: training.version, ...wanted }));
      setTold(words);
      return true;
    } catch (failure) {
      if (failure.code === "already_assigned") return await isMeant(failure.detail) && await change({ ...wanted, again: true }, words);
      if (failure.code === "version_mismatch") await api.training(training.id).then(onChanged, () => undefined);
      setProblem(failure.code === "version_mismatch" ? CHANGED : refusalWords(failure));
      return false;
    } finally {
      setBusy(false);
    }
  };
  const isMeant = (detail) => new Promise((decide) => {
    setAsking({ detail, decide: (answer) => { setAsking(null); decide(answer); } });
  });
  const who = [training.everyone && "Everyone", ...cohorts.filter((each) => training.cohort_ids.includes(each.id)).map((each) => each.name)].filter(Boolean).join(", ");
  const title = `training-${training.id}`;
  return html`
    <li class="lib-training" aria-labelledby=${title}>
      <div class="row apart"><h2 id=${title}>${training.name}</h2>
        <span class="lib-end"><span class="tag">${training.kind === "practice" ? "Practice" : "Assigned"}</span>${!training.active && html`<span class="tag" data-status="missed">Off</span>`}</span></div>
      <p class="quiet small">${[who, timesOf(training)].filter(Boolean).join(" · ")}</p>
      <${Versions} training=${training} busy=${busy} onNewest=${(templates) => change({ templates }, "It uses the newest versions now.")} />
      ${training.may_edit && html`<details><summary>Change<span class="unseen"> ${training.name}</span></summary>
        <${TrainingForm} training=${training} cohorts=${cohorts} busy=${busy} mayEveryone=${mayEveryone} onSave=${(wanted) => change(wanted, "Saved.")} /></details>`}
      <${Notice} text=${problem} onClose=${() => setProblem(null)} />
      ${asking && html`<${Confirm} title="Assign it once more?" text=${`${asking.detail} Assigned once more, its learners have it twice.`} yes="Assign it once more" onYes=${() => asking.decide(true)} onNo=${() => asking.decide(false)} />`}
      <p class="small" role="status">${told}</p>
    </li>`;
}

function timesOf({ start_time: start, end_time: end }) {
  if (!start && !end) return "open without dates";
  return [start && `from ${day(start)}`, end && `until ${day(end)}`].filter(Boolean).join(" ");
}

const isBehind = (version, newest) => version != null && newest != null && version < newest;

function Versions({ training, busy, onNewest }) {
  const behind = training.templates.filter((each) => isBehind(each.scenario_version, each.newest_scenario_version) || isBehind(each.rubric_version, each.newest_rubric_version));
  const one = (label, id, version, newest) => html`<span><a href=${toArtifact(id)}>${label}</a> version ${version}${isBehind(version, newest) ? html` <strong>(newest: ${newest})</strong>` : ""}</span>`;
  const wanted = () => behind.map((each) => ({
    chat_entry_id: each.chat_entry_id, ...(each.newest_scenario_version ? { scenario_version: each.newest_scenario_version } : {}),
    ...(each.rubric_id && each.newest_rubric_version ? { rubric_version: each.newest_rubric_version } : {}),
  }));
  return html`
    <p class="small">Simulation: <a href=${toArtifact(training.simulation_id)}>${training.simulation_name ?? "Its simulation"}</a></p>
    <ol class="lib-templates small">${training.templates.map((each) => html`<li key=${each.chat_entry_id}>${one(each.name || "Scenario", each.scenario_id, each.scenario_version, each.newest_scenario_version)}
      ${each.rubric_id && html`<span class="quiet">, ${one("its rubric", each.rubric_id, each.rubric_version, each.newest_rubric_version)}</span>`}</li>`)}</ol>
    ${behind.length > 0 && training.may_edit && html`<p><button type="button" class="lib-small" disabled=${busy} onClick=${() => onNewest(wanted())}>Use the newest<span class="unseen"> versions in ${training.name}</span></button></p>`}`;
}
