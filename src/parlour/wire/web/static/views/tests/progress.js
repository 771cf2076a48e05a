// How far a test is, what it has used, and stopping it or letting it go on.
import { html, useState } from "../../html.js";
import { boundsOf } from "../../tests-plan.js";
import { money, progressWords, seconds, spentWords, stateOf } from "../../tests-words.js";
import { Dialog } from "../dialog.js";
import { Confirm } from "../parts.js";
import { Field } from "./fields.js";

export function Progress({ api, results, may, onProblem, onChanged }) {
  const { test, progress, final } = results;
  const [asking, setAsking] = useState(null);
  const [busy, setBusy] = useState(false);
  const command = async (act) => {
    setAsking(null);
    setBusy(true);
    try {
      await act();
    } catch (problem) {
      onProblem(problem.detail);
    }
    setBusy(false);
    onChanged();
  };
  const halted = Boolean(test.halted);
  const runs = !final && !halted && test.state !== "completed";
  return html`
    <section class="test-progress" aria-label="Progress">
      <p role="status">${progressWords(progress)} ${stateOf(test).sentence}</p>
      <progress max=${Math.max(1, progress.cells)} value=${progress.completed} aria-label="Cases replayed"></progress>
      <p class="quiet small">${spentWords(progress.spent)}</p>
      ${boundsWords(progress.bounds) && html`<p class="quiet small">Limits: ${boundsWords(progress.bounds)}.</p>`}
      ${may && (runs || halted) && html`<p class="row">
        ${runs && html`<button type="button" disabled=${busy} onClick=${() => setAsking("stop")}>Stop the test</button>`}
        ${halted && html`<button type="button" class="primary" disabled=${busy} onClick=${() => setAsking("resume")}>Go on with it</button>`}</p>`}
      ${asking === "stop" && html`<${Confirm} title="Stop this test?" text="Nothing new is started, and what runs is stopped. What is done stays, and you can go on with it later."
        yes="Stop" onYes=${() => command(() => api.stop(test.id))} onNo=${() => setAsking(null)} />`}
      ${asking === "resume" && html`<${Resume} bounds=${progress.bounds} onClose=${() => setAsking(null)} onGo=${(bounds) => command(() => api.resume(test.id, bounds))} />`}
    </section>`;
}

function boundsWords({ cost, tokens, seconds: time, failures }) {
  return [cost && money([cost]), tokens != null && `${tokens.toLocaleString("en")} tokens`, time != null && seconds(time), failures != null && `${failures} failures`].filter(Boolean).join(", ");
}

function Resume({ bounds, onClose, onGo }) {
  const [form, setForm] = useState({ cost: "", currency: bounds.cost?.currency ?? "EUR", tokens: "", minutes: "", failures: "" });
  const field = (name, label, more) => html`<${Field} name=${`resume-${name}`} label=${label} value=${form[name]} onValue=${(value) => setForm({ ...form, [name]: value })} ...${more} />`;
  const bounded = boundsWords(bounds);
  return html`
    <${Dialog} title="Go on with this test" kind="form" onClose=${onClose}>
      <form onSubmit=${(event) => { event.preventDefault(); onGo(boundsOf(form)); }}>
        <p>It goes on where it stood. ${bounded ? `Its limits are ${bounded}. Write new ones where they should change.` : "It has no limits; you may set some."}</p>
        ${field("cost", `Cost, in ${form.currency}`, { type: "number", min: 0, step: "any" })}
        ${field("tokens", "Tokens", { type: "number", min: 1 })}
        ${field("minutes", "Minutes", { type: "number", min: 0.1, step: "any" })}
        ${field("failures", "Failed replays", { type: "number", min: 1 })}
        <div class="row end"><button type="submit" class="primary">Go on</button></div>
      </form>
    <//>`;
}
