// How the conversation of one scenario goes, within a simulation.
import { html } from "../../../html.js";
import { alsoOf, flagOps, mayFlip, PART, saidOf, SETTINGS, unusual } from "../../../library-settings.js";
import { Answer, Flip } from "./flip.js";
import { Finding } from "./marks.js";

const ANSWERS = [["", "As the scenario says"], ["yes", "Yes"], ["no", "No"]];

export function Settings({ open, scenarioId, name }) {
  const values = open.store.values().scenario_flags ?? [];
  const may = open.draft.may.edit;
  const put = async (flag, wanted) => {
    await open.attempt(() => open.store.flush());
    const ops = Object.entries({ [flag]: wanted, ...alsoOf(flag, wanted) }).flatMap(([name, on]) => flagOps(open.store.values().scenario_flags, scenarioId, name, on));
    return ops.length > 0 ? open.act(...ops) : null;
  };
  const count = unusual(values, scenarioId).length;
  const ids = new Set(values.filter((each) => each.fields.scenario_id === scenarioId).map((each) => each.id));
  const found = (open.findings ?? []).filter((each) => each.type === "scenario_flags" && ids.has(each.value_id));
  const of = html`<span class="unseen">: ${name}</span>`;
  const ticks = ([title, rows]) => html`<fieldset class="lib-group" key=${title}><legend>${title}${of}</legend><div class="lib-flags">${rows.map(([flag, words, usual]) => html`
    <${Flip} key=${flag} label=${words} checked=${saidOf(values, scenarioId, flag) ?? usual} disabled=${!may || !mayFlip(flag, saidOf(values, scenarioId, flag) ?? usual)} onFlip=${(wanted) => put(flag, wanted)} />`)}</div></fieldset>`;
  return html`
    <details class="lib-settings"><summary>How it goes<span class="unseen"> in ${name}</span> <span class="quiet small">${count === 0 ? "as usual" : count === 1 ? "one thing unlike the usual" : `${count} things unlike the usual`}</span></summary>
      <div class="lib-fields">${found.map((each) => html`<${Finding} key=${each.value_id + each.code} finding=${each} />`)}
        ${ticks(SETTINGS.ticks[0])}
        <fieldset class="lib-group"><legend>${PART}${of}</legend><div class="lib-flags">${SETTINGS.asScenario.map(([flag, words]) => {
          const said = saidOf(values, scenarioId, flag);
          return html`<${Answer} key=${flag} id=${`${flag}-${scenarioId}`} label=${words} value=${said === null ? "" : said ? "yes" : "no"} options=${ANSWERS} disabled=${!may} onAnswer=${(answer) => put(flag, { yes: true, no: false }[answer] ?? null)} />`;
        })}</div></fieldset>
        ${SETTINGS.ticks.slice(1).map(ticks)}</div>
    </details>`;
}
