// Experiments, and the log of one: newest entries first, with what is attached to them.
import { html } from "../../html.js";
import { toExperiment } from "../../router.js";
import { day } from "../parts.js";
import { FileLink } from "./message.js";
import { Paged, usePages } from "./pages.js";

export function Experiments({ api, experimentId, onShow }) {
  const own = usePages((after) => api.experiments("own", after), (page) => page.experiments);
  const open = usePages((after) => api.experiments("lab", after), (page) => page.experiments);
  const known = [...(own.rows ?? []), ...(open.rows ?? [])].find((each) => each.experiment_id === experimentId);
  if (experimentId) return html`<${Log} api=${api} experimentId=${experimentId} experiment=${known} onShow=${onShow} />`;
  return html`
    <section aria-labelledby="own-experiments"><h2 id="own-experiments">Yours</h2>
      <${Paged} list=${own} what="your experiments" empty="None yet. Tell the assistant: create an experiment."><${Rows} rows=${own.rows} /><//></section>
    <section aria-labelledby="lab-experiments"><h2 id="lab-experiments">Open to the laboratory</h2>
      <${Paged} list=${open} what="experiments of the laboratory" empty="No colleague has opened one."><${Rows} rows=${open.rows} owners /><//></section>`;
}

function Rows({ rows, owners }) {
  return html`<ul class="history">${rows?.map((each) => html`
    <li key=${each.experiment_id}><a href=${toExperiment(each.experiment_id)}>
      <span class="history-name">${each.name}</span>
      <span class="quiet small">${[owners && each.owner, day(each.created_at), !owners && each.visibility === "lab" && "open to the laboratory"].filter(Boolean).join(" · ")}</span>
    </a>${each.current_until && html`<span class="tag" data-status="passed">Current until ${day(each.current_until)}</span>`}</li>`)}</ul>`;
}

function Log({ api, experimentId, experiment, onShow }) {
  const list = usePages((after) => api.entries(experimentId, after), (page) => page.entries, experimentId);
  const times = new Map((list.rows ?? []).map((entry) => [entry.entry_id, entry.logged_at]));
  return html`
    <section aria-labelledby="log-title">
      <p class="crumb"><a href="#/laboratory/experiments">All experiments</a></p>
      <h2 id="log-title">${experiment?.name ?? "Experiment"}</h2>
      ${experiment?.current_until && html`<p><span class="tag" data-status="passed">Current until ${day(experiment.current_until)}</span></p>`}
      ${experiment?.description && html`<p class="prose quiet">${experiment.description}</p>`}
      <${Paged} list=${list} what="the log" empty="Nothing is logged yet. Tell the assistant: record that …">
        <ol class="log">${list.rows?.map((entry) => html`
          <li key=${entry.entry_id} id=${`entry-${entry.entry_id}`}>
            <p class="quiet small"><time datetime=${entry.logged_at}>${day(entry.logged_at)}</time> · ${entry.author}
              ${entry.corrects && html` · corrects the entry${times.has(entry.corrects) ? ` of ${day(times.get(entry.corrects))}` : ""}`}</p>
            ${entry.text && html`<p class="prose">${entry.text}</p>`}
            ${entry.files.map((file) => html`<p key=${file.handle}><${FileLink} handle=${file.handle} bytes=${file.size} onShow=${onShow} /></p>`)}
          </li>`)}</ol>
      <//>
    </section>`;
}
