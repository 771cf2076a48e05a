// What a cohort is to practise, and when.
import { html } from "../../../html.js";
import { LinkedList, Picker } from "./links.js";

export function Assigned({ open, api, part }) {
  const values = open.store.values().simulations ?? [];
  return html`
    <p class="quiet small lib-hint">Each becomes a training of the learners above when you publish. Taken out here, it ends for them.</p>
    <${LinkedList} open=${open} type="simulations" to="simulation" values=${values} Extra=${When} />
    ${open.draft.may.edit && html`<${Picker} api=${api} to="simulation" words=${part.add} taken=${values.map((each) => each.id)}
      onPick=${(card) => open.act({ op: "link", type: "simulations", artifact_id: card.id })} />`}`;
}

function When({ open, value: { id: simulationId, name } }) {
  const at = (type) => (open.store.values().simulation_availability ?? []).find((each) => each.fields.simulation_id === simulationId && each.fields.type === type) ?? null;
  const put = (type) => (event) => {
    const value = at(type);
    const time = event.target.value ? new Date(event.target.value).toISOString() : null;
    if (!time) return value && open.act({ op: "remove", type: "simulation_availability", value_id: value.id });
    return open.act(value ? { op: "set", type: "simulation_availability", value_id: value.id, fields: { time } }
      : { op: "add", type: "simulation_availability", fields: { simulation_id: simulationId, time, type } });
  };
  const field = (type, words) => html`<label class="lib-inline">${words}<span class="unseen"> for ${name ?? "this simulation"}</span>
    <input type="datetime-local" value=${localTime(at(type)?.fields.time)} readOnly=${!open.draft.may.edit} onChange=${put(type)} /></label>`;
  return html`<div class="lib-around">${field("start", "From")}${field("end", "Until")}</div>`;
}

function localTime(text) {
  if (!text) return "";
  const at = new Date(text);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
