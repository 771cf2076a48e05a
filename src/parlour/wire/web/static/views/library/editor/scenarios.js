// The scenarios of a simulation in order, each with its rubric, its time limit, and how its conversation goes.
import { html, useState } from "../../../html.js";
import { Flip, useWanted } from "./flip.js";
import { LinkedList, Picker } from "./links.js";
import { Finding } from "./marks.js";
import { Settings } from "./settings.js";

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
function Around({ open, api, value: { id: scenarioId, name: given } }) {
  const name = given || "this scenario";
  const values = open.store.values();
  const of = (type) => (values[type] ?? []).find((each) => each.fields.scenario_id === scenarioId) ?? null;
  const rubric = of("scenario_rubrics");
  const may = open.draft.may.edit;
  const choose = (card) => {
    open.names.set(card.id, card.name);
    open.act({ op: "add", type: "scenario_rubrics", fields: { scenario_id: scenarioId, rubric_id: card.id } });
  };
  return html`
    <div class="lib-around">
      <span class="lib-inline">Rubric: ${rubric ? html`<strong>${open.nameOf(rubric.fields.rubric_id)}</strong>
        ${may && html`<button type="button" class="plain" onClick=${() => open.act({ op: "remove", type: "scenario_rubrics", value_id: rubric.id })}>Take off<span class="unseen"> the rubric of ${name}</span></button>`}`
        : html`<span class="quiet">not graded</span>`}</span>
      ${may && !rubric && html`<${Picker} api=${api} to="rubric" words=${`Choose a rubric for ${name}`} onPick=${choose} />`}
      <${Limit} open=${open} scenarioId=${scenarioId} name=${name} limit=${of("scenario_time_limits")} />
    </div>
    <${Settings} open=${open} scenarioId=${scenarioId} name=${name} />`;
}

const MINUTES_MAX = 24 * 60;
const LIMIT = "scenario_time_limits";

// What is typed stays while answers come, until the field is left.
function Limit({ open, scenarioId, name, limit }) {
  const may = open.draft.may.edit;
  const seconds = limit?.fields.time_limit_seconds ?? null;
  const [typed, setTyped] = useState(null);
  const [minutes, want] = useWanted(seconds === null ? "" : String(seconds / 60), (text) => {
    const wanted = Math.round(Number(text) * 60);
    if (!(wanted >= 1)) return limit && open.act({ op: "remove", type: LIMIT, value_id: limit.id });
    return open.act(limit ? { op: "set", type: LIMIT, value_id: limit.id, fields: { time_limit_seconds: wanted } }
      : { op: "add", type: LIMIT, fields: { scenario_id: scenarioId, time_limit_seconds: wanted, negative: false } });
  });
  const onOver = (negative) => open.act({ op: "set", type: LIMIT, value_id: limit.id, fields: { negative } });
  const id = `limit-${scenarioId}`;
  const found = (open.findings ?? []).filter((each) => each.type === LIMIT && each.value_id === limit?.id);
  return html`
    <label class="lib-inline" for=${id}>Time limit<span class="unseen"> of ${name}</span> <input id=${id} class="lib-short" type="number" min="0" max=${MINUTES_MAX} step="any" readOnly=${!may} value=${typed ?? minutes}
      onInput=${(event) => setTyped(event.target.value)} onChange=${(event) => { if (!event.target.validity.badInput) want(event.target.value); }} onBlur=${() => setTyped(null)} /> minutes</label>
    <${Flip} label="May go on when the time is up" about=${` in ${name}`} checked=${limit?.fields.negative === true} disabled=${!may || seconds === null} onFlip=${onOver} />
    ${found.map((each) => html`<${Finding} key=${each.code} finding=${each} />`)}`;
}
