// Lets the assistant write a first draft, or more of it. What it writes is a proposal, shown as it comes.
import { html, useState } from "../../html.js";
import { suggested, writable } from "../../library-forms.js";
import { labelOf, lower } from "../../library-words.js";

export function Generate({ open, types }) {
  const { draft, run } = open;
  const about = types.types.find((each) => each.type === draft.artifact_type);
  const offered = writable(about, types);
  const [form, setForm] = useState({ wish: "", chosen: null });
  const [asking, setAsking] = useState(false);
  if (!draft.may.edit || offered.length === 0) return null;
  const values = open.store.values();
  const chosen = form.chosen ?? suggested(offered, values);
  const running = Boolean(run.runId) && !run.ended;
  const toggle = (name) => setForm({ ...form, chosen: chosen.includes(name) ? chosen.filter((each) => each !== name) : offered.map((row) => row.name).filter((each) => each === name || chosen.includes(each)) });
  const submit = async (event) => {
    event.preventDefault();
    setAsking(true);
    if (await open.generate({ types: chosen, instructions: form.wish.trim() })) setForm({ ...form, chosen: null });
    setAsking(false);
  };
  return html`
    <section class="lib-generate" aria-labelledby="generate"><h2 id="generate">Let the assistant write</h2>
      ${running ? html`<${Progress} open=${open} offered=${offered} />` : html`
        <form onSubmit=${submit}>
          <label for="wish">What should this ${lower(labelOf(draft.artifact_type, types))} be about?</label>
          <textarea id="wish" rows="2" maxlength="8000" value=${form.wish} placeholder=${HINTS[draft.artifact_type] ?? ""} onInput=${(event) => setForm({ ...form, wish: event.target.value })}></textarea>
          <details class="lib-which"><summary class="small">It writes ${chosen.length === offered.length ? "everything" : list(offered.filter((row) => chosen.includes(row.name)).map((row) => row.label.toLowerCase()))}</summary>
            <div class="lib-ticks">${offered.map((row) => html`<label class="check" key=${row.name}><input type="checkbox" checked=${chosen.includes(row.name)} onChange=${() => toggle(row.name)} />${row.label}</label>`)}</div></details>
          <div class="row"><button type="submit" disabled=${asking || chosen.length === 0}>${asking ? "One moment…" : "Write a draft"}</button>
            <span class="quiet small">${types.offline ? "No model is connected: it fills in templates, and says so. " : ""}Nothing is published. You decide what stays.</span></div>
        </form>
        <${Outcome} run=${run} offered=${offered} />`}
    </section>`;
}

const HINTS = {
  persona: "A first-year student who is afraid to ask", scenario: "A student disputes a grade in office hours", rubric: "How well a tutor listens and asks",
  simulation: "Two conversations for new tutors", document: "House rules of the library", cohort: "Tutors of the winter term",
};

function Progress({ open, offered }) {
  const { run } = open;
  const now = [...new Set(run.parts.map((part) => labelIn(offered, part.type)))];
  return html`
    <div class="lib-progress"><p role="status"><span class="pulse" aria-hidden="true"></span> The assistant is writing${now.length > 0 ? `: ${list(now)}` : ""}. You can go on with your own work.</p>
      <progress max="100" value=${run.percentage ?? 0} aria-label="Written"></progress>
      <button type="button" class="lib-small" onClick=${() => open.cancelRun()}>Stop</button></div>`;
}

function Outcome({ run, offered }) {
  if (!run.ended) return null;
  if (run.ended === "done") return html`<p class="small" role="status">The assistant has finished. Its proposals are marked below.</p>`;
  const failed = run.failed.map((type) => labelIn(offered, type));
  return html`<p class="lib-finding" data-severity="warning" role="status"><span class="lib-sign" aria-hidden="true">!</span>
    <span>${failed.length > 0 ? `This could not be written: ${list(failed)}. ${run.why}` : run.message || "Not everything could be written."} What was written is kept.</span></p>`;
}

const labelIn = (offered, type) => (offered.find((row) => row.name === type)?.label ?? type.replaceAll("_", " ")).toLowerCase();

export const list = (words) => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);
