// What a cohort is to practise, and when.
import { html } from "../../../html.js";
import { LinkedList, Picker } from "./links.js";
import { Finding } from "./marks.js";
import { TimeField } from "../time-field.js";

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
  const put = (type) => (time) => {
    const value = at(type);
    if (!time) return value && open.act({ op: "remove", type: "simulation_availability", value_id: value.id });
    return open.act(value ? { op: "set", type: "simulation_availability", value_id: value.id, fields: { time } }
      : { op: "add", type: "simulation_availability", fields: { simulation_id: simulationId, time, type } });
  };
  const field = (type, words) => html`<${TimeField} label=${words} about=${` for ${name ?? "this simulation"}`} value=${at(type)?.fields.time ?? null} readOnly=${!open.draft.may.edit} onTime=${put(type)} />`;
  const ids = [at("start")?.id, at("end")?.id].filter(Boolean);
  const found = (open.findings ?? []).filter((each) => each.type === "simulation_availability" && ids.includes(each.value_id));
  return html`<div class="lib-around">${field("start", "From")}${field("end", "Until")}</div>
    ${ids.length === 0 && html`<p class="quiet small">Open as soon as it is published, and without an end.</p>`}
    ${found.map((each) => html`<${Finding} key=${each.value_id + each.code} finding=${each} />`)}`;
}
