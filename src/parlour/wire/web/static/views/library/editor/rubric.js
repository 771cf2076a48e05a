// A rubric as a table: a row a criterion, a cell a level. Sums follow by themselves.
import { html, useEffect } from "../../../html.js";
import { levelsFor, pointsOf, rowsOf, sums, totalOf } from "../../../rubric-table.js";
import { Written } from "./field.js";
import { Tools } from "./lists.js";
import { Findings, Marks } from "./marks.js";

export function RubricTable({ open }) {
  const values = open.store.values();
  const rows = rowsOf(values);
  const may = open.draft.may.edit;
  const wanted = may && !(open.run.runId && !open.run.ended) ? sums(values) : [];
  useEffect(() => { for (const { place, field, value } of wanted) open.store.type(place, field, value); }, [JSON.stringify(wanted)]);
  const add = async () => {
    const draft = await open.act({ op: "add", type: "standard_groups", fields: { name: "", short_name: "", description: "", points: 2, pass_points: 1 } });
    if (!draft) return;
    const group = draft.values.standard_groups.at(-1);
    await open.act(...levelsFor(group.id));
    document.getElementById(`v-standard_groups-${group.id}-name`)?.focus();
  };
  const total = totalOf(values);
  const pass = { type: "pass_points", valueId: null, single: true };
  return html`
    <p class="quiet small lib-hint">Say for each level what is seen or heard in the conversation, so that two people would choose the same one. One level should be worth 0 points.</p>
    <ol class="lib-criteria">${rows.map(({ group, levels }, at) => html`<${Criterion} key=${group.id} open=${open} group=${group} levels=${levels} at=${at} many=${rows.length} />`)}</ol>
    ${may && html`<button type="button" class="lib-add" onClick=${add}>Add a criterion</button>`}
    <div class="lib-sums"><p><strong>${total}</strong> ${total === 1 ? "point" : "points"} in all</p>
      <${Written} open=${open} place=${pass} value=${values.pass_points?.[0] ?? null} field="value" label="Points to pass" number />
      <${Findings} open=${open} type="points" valueId=${null} field="value" single /></div>`;
}

function Criterion({ open, group, levels, at, many }) {
  const place = { type: "standard_groups", valueId: group.id, single: false };
  const name = group.fields.name || `Criterion ${at + 1}`;
  const may = open.draft.may.edit;
  const removeAll = () => open.act({ op: "remove", type: "standard_groups", value_id: group.id },
    ...levels.map((level) => ({ op: "remove", type: "standards", value_id: level.id })));
  const move = (to) => open.act({ op: "move", type: "standard_groups", value_id: group.id, position: to });
  const addLevel = () => open.act({ op: "add", type: "standards", fields: { name: "", description: "", points: levels.length === 0 ? 0 : pointsOf(levels.at(-1)) + 1, standard_group_id: group.id } });
  return html`
    <li class="lib-criterion"><div class="lib-item">
        <div class="lib-fields">
          <${Written} open=${open} place=${place} value=${group} field="name" label=${`Criterion ${at + 1}`} max=${200} />
          <${Written} open=${open} place=${place} value=${group} field="description" label="What it looks at" long rows=${2} />
        </div>
        ${may && html`<span class="lib-tools">${many > 1 && html`
          <button type="button" class="lib-tool" disabled=${at === 0} aria-label=${`Move ${name} up`} onClick=${() => move(at - 1)}>↑</button>
          <button type="button" class="lib-tool" disabled=${at === many - 1} aria-label=${`Move ${name} down`} onClick=${() => move(at + 1)}>↓</button>`}
          <button type="button" class="lib-tool" aria-label=${`Remove ${name}`} onClick=${removeAll}>×</button></span>`}
      </div>
      <${Marks} open=${open} type="standard_groups" value=${group} label=${name} />
      <ol class="lib-levels" aria-label=${`Levels of ${name}`}>${levels.map((level, index) => html`<${Level} key=${level.id} open=${open} level=${level} of=${name} at=${index} />`)}</ol>
      <div class="row lib-below">${may && html`<button type="button" class="plain" onClick=${addLevel}>Add a level<span class="unseen"> to ${name}</span></button>`}
        <span class="lib-inline-field"><${Written} open=${open} place=${place} value=${group} field="pass_points" label="Enough for this criterion" number /></span>
        <${Findings} open=${open} type="standard_groups" valueId=${group.id} field="points" /></div>
    </li>`;
}

function Level({ open, level, of, at }) {
  const place = { type: "standards", valueId: level.id, single: false };
  const after = `of level ${at + 1} of ${of}`;
  return html`
    <li class="lib-level">
      <div class="lib-level-head">
        <${Written} open=${open} place=${place} value=${level} field="points" label="Points" after=${after} number />
        <${Written} open=${open} place=${place} value=${level} field="name" label="Level" after=${after} max=${200} />
        ${open.draft.may.edit && html`<${Tools} open=${open} type="standards" value=${level} at=${0} many=${1} what=${`level ${at + 1} of ${of}`} />`}
      </div>
      <${Written} open=${open} place=${place} value=${level} field="description" label="What is seen or heard" after=${after} long rows=${3} />
      <${Marks} open=${open} type="standards" value=${level} label=${`level ${at + 1} of ${of}`} />
    </li>`;
}
