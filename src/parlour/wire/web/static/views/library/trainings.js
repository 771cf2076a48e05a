// Trainings: what is assigned and offered, when, and with which versions.
import { html, useState } from "../../html.js";
import { refusalWords } from "../../library-words.js";
import { toArtifact, toTrainings } from "../../router.js";
import { day, Loading, Notice, PageTitle } from "../parts.js";
import { Field, Tick } from "../tests/fields.js";
import { useRead } from "../tests/use-read.js";
import { TimeField } from "./time-field.js";

const PAGES_MAX = 20;

async function everything(api) {
  const items = [];
  let cursor = null;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer = await api.trainings(cursor);
    items.push(...answer.items);
    cursor = answer.next_cursor;
    if (!cursor) break;
  }
  const { items: cohorts } = await api.cohorts();
  return { items, cohorts: new Map(cohorts.map((each) => [each.id, each.name])) };
}

export function Trainings({ api, types, cohortId, onLeave }) {
  const { found, problem, reload } = useRead(() => everything(api), "trainings", onLeave);
  const [changed, setChanged] = useState({});
  const cohort = cohortId ? found?.cohorts.get(cohortId) ?? null : null;
  const items = (found?.items ?? []).map((each) => changed[each.id] ?? each).filter((each) => !cohortId || each.cohort_ids.includes(cohortId));
  const given = { api, cohorts: found?.cohorts, mayEveryone: types.types.some((each) => each.type === "department" && each.may_create), onChanged: (training) => setChanged((before) => ({ ...before, [training.id]: training })) };
  return html`
    <div class="page library">
      <p class="crumb"><a href="#/library">Library</a>${cohort && html` › <a href=${toArtifact(cohortId)}>${cohort}</a>`}</p>
      <div class="page-head"><${PageTitle}>${cohort ? `Trainings of ${cohort}` : "Trainings"}<//>
        <p class="quiet">What learners have been assigned or offered. ${cohort && html`<a href=${toTrainings()}>All trainings</a>`}</p></div>
      <${Notice} text=${problem}><button type="button" onClick=${reload}>Try again</button><//>
      ${!found && !problem && html`<${Loading} what="the trainings" />`}
      ${found && items.length === 0 && html`<p class="quiet">None yet. Assign a simulation to a cohort: on the page of the simulation, or in the cohort itself.</p>`}
      ${items.length > 0 && html`<ul class="lib-list lib-trainings">${items.map((each) => html`<${Training} key=${each.id} training=${each} ...${given} />`)}</ul>`}
    </div>`;
}

function Training({ api, training, cohorts, mayEveryone, onChanged }) {
  const [told, setTold] = useState("");
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const change = async (wanted, words) => {
    setBusy(true);
    setTold("");
    setProblem(null);
    try {
      onChanged(await api.changeTraining(training.id, { expected_version: training.version, ...wanted }));
      setTold(words);
    } catch (failure) {
      setProblem(refusalWords(failure));
    }
    setBusy(false);
  };
  const who = [training.everyone && "Everyone", ...training.cohort_ids.map((id) => cohorts.get(id)).filter(Boolean)].filter(Boolean).join(", ");
  const title = `training-${training.id}`;
  return html`
    <li class="lib-training" aria-labelledby=${title}>
      <div class="row apart"><h2 id=${title}>${training.name}</h2>
        <span class="lib-end"><span class="tag">${training.kind === "practice" ? "Practice" : "Assigned"}</span>${!training.active && html`<span class="tag" data-status="missed">Off</span>`}</span></div>
      <p class="quiet small">${[who, timesOf(training)].filter(Boolean).join(" · ")}</p>
      <${Versions} training=${training} busy=${busy} onNewest=${(templates) => change({ templates }, "It uses the newest versions now.")} />
      ${training.may_edit && html`<details><summary>Change<span class="unseen"> ${training.name}</span></summary>
        <${Form} key=${training.version} training=${training} busy=${busy} mayEveryone=${mayEveryone} onSave=${(wanted) => change(wanted, "Saved.")} /></details>`}
      <${Notice} text=${problem} onClose=${() => setProblem(null)} />
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

function Form({ training, busy, mayEveryone, onSave }) {
  const [form, setForm] = useState({ name: training.name, start_time: training.start_time, end_time: training.end_time, active: training.active, everyone: training.everyone });
  const set = (change) => setForm((before) => ({ ...before, ...change }));
  const submit = (event) => {
    event.preventDefault();
    const { everyone, ...others } = form;
    onSave({ ...others, ...(everyone === training.everyone ? {} : { everyone }) });
  };
  const about = ` for ${training.name}`;
  return html`
    <form class="lib-fields lib-training-form" onSubmit=${submit}>
      <${Field} name=${`name-${training.id}`} label="Name" value=${form.name} required maxlength="200" onValue=${(name) => set({ name })} />
      <div class="lib-around"><${TimeField} label="From" about=${about} value=${form.start_time} onTime=${(time) => set({ start_time: time })} />
        <${TimeField} label="Until" about=${about} value=${form.end_time} onTime=${(time) => set({ end_time: time })} /></div>
      <${Tick} label="On: it can be begun" checked=${form.active} onChecked=${(active) => set({ active })} />
      ${(mayEveryone || training.everyone) && html`<${Tick} label="For everyone, not only these cohorts" checked=${form.everyone} onChecked=${(everyone) => set({ everyone })} />`}
      <div class="row"><button type="submit" class="primary" disabled=${busy}>${busy ? "One moment…" : "Save"}</button></div>
    </form>`;
}
