// The scenarios of a simulation in order, each with its rubric and its time limit.
import { html } from "../../../html.js";
import { LinkedList, Picker } from "./links.js";

export function Scenarios({ open, api }) {
  const values = open.store.values();
  const scenarios = values.scenarios ?? [];
  const may = open.draft.may.edit;
  return html`
    <${LinkedList} open=${open} api=${api} type="scenarios" to="scenario" values=${scenarios} Extra=${Around} />
    ${may && html`<${Picker} api=${api} to="scenario" words="Add a scenario" taken=${scenarios.map((each) => each.id)}
      onPick=${(card) => open.act({ op: "link", type: "scenarios", artifact_id: card.id })} />`}`;
}

// Values that belong to one scenario: which rubric, how long.
function Around({ open, api, value: { id: scenarioId, name = "this scenario" } }) {
  const values = open.store.values();
  const of = (type) => (values[type] ?? []).find((each) => each.fields.scenario_id === scenarioId) ?? null;
  const rubric = of("scenario_rubrics");
  const limit = of("scenario_time_limits");
  const may = open.draft.may.edit;
  const put = (type, value, fields) => open.act(value
    ? { op: "set", type, value_id: value.id, fields } : { op: "add", type, fields: { scenario_id: scenarioId, ...fields } });
  const onMinutes = (event) => {
    const minutes = Number(event.target.value);
    if (!event.target.value.trim()) return limit && open.act({ op: "remove", type: "scenario_time_limits", value_id: limit.id });
    return put("scenario_time_limits", limit, { time_limit_seconds: Math.round(minutes * 60), negative: limit?.fields.negative ?? false });
  };
  const id = `limit-${scenarioId}`;
  return html`
    <div class="lib-around">
      <span class="lib-inline">Rubric: ${rubric ? html`<strong>${open.nameOf(rubric.fields.rubric_id)}</strong>
        ${may && html`<button type="button" class="plain" onClick=${() => open.act({ op: "remove", type: "scenario_rubrics", value_id: rubric.id })}>Take off<span class="unseen"> the rubric of ${name}</span></button>`}`
        : html`<span class="quiet">not graded</span>`}</span>
      ${may && !rubric && html`<${Picker} api=${api} to="rubric" words=${`Choose a rubric for ${name}`} onPick=${(card) => { open.names.set(card.id, card.name); put("scenario_rubrics", rubric, { rubric_id: card.id }); }} />`}
      <label class="lib-inline" for=${id}>Time limit <input id=${id} class="lib-short" type="number" min="0" step="any" readOnly=${!may} value=${limit ? limit.fields.time_limit_seconds / 60 : ""} onChange=${onMinutes} /> minutes</label>
    </div>`;
}
