// Starting a test: what is asked, then what it would come to, then the start.
import { html, useRef, useState } from "../../html.js";
import { toBenchmark, toTest } from "../../router.js";
import { faultOf, formFrom, NEW_CANDIDATE, wantedOf } from "../../tests-plan.js";
import { MODES } from "../../tests-words.js";
import { Loading, Notice, PageTitle } from "../parts.js";
import { Estimate } from "./estimate.js";
import { Choice, Field, Tick } from "./fields.js";
import { useRead } from "./use-read.js";

export function StartTest({ api, benchmarkId, onLeave }) {
  const { found, problem, reload } = useRead(() => api.benchmark(benchmarkId), benchmarkId, onLeave);
  return html`
    <div class="page tests">
      <p class="crumb"><a href="#/benchmarks">Tests</a>${found && html` › <a href=${toBenchmark(benchmarkId)}>${found.name}</a>`}</p>
      <${PageTitle}>Start a test<//>
      <${Notice} text=${problem}><button type="button" onClick=${reload}>Try again</button><//>
      ${!found && !problem && html`<${Loading} what="the benchmark" />`}
      ${found && html`<${Form} api=${api} benchmark=${found} />`}
    </div>`;
}

function Form({ api, benchmark }) {
  const [form, setForm] = useState(() => formFrom(benchmark));
  const [estimate, setEstimate] = useState(null);
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(null);
  const asked = useRef(0);
  // An estimate is of what stands in the form.
  const change = (members) => { setForm({ ...form, ...members }); setEstimate(null); asked.current += 1; };
  const attempt = async (what, act) => {
    setBusy(what);
    setProblem(null);
    try {
      await act();
    } catch (failure) {
      setProblem(failure.detail);
    }
    setBusy(null);
  };
  const ask = (event) => {
    event.preventDefault();
    const fault = faultOf(form);
    if (fault) return setProblem(fault);
    const turn = (asked.current += 1);
    return attempt("estimate", async () => {
      const found = await api.estimate(benchmark.benchmark_id, wantedOf(form));
      if (turn === asked.current) setEstimate(found);
    });
  };
  const start = () => attempt("start", async () => {
    const started = await api.start({ benchmark_id: benchmark.benchmark_id, ...wantedOf(form) });
    location.hash = toTest(started.test_id);
  });
  return html`
    <form class="start-form" onSubmit=${ask}>
      <${Chosen} benchmark=${benchmark} form=${form} change=${change} />
      <${How} form=${form} change=${change} />
      <${Limits} form=${form} change=${change} />
      <${More} benchmark=${benchmark} form=${form} change=${change} />
      <${Notice} text=${problem} />
      ${!estimate && html`<p class="row"><button type="submit" class="primary" disabled=${busy !== null}>${busy === "estimate" ? "One moment…" : "Show the estimate"}</button>
        <span class="quiet small">Nothing is started yet.</span></p>`}
    </form>
    ${estimate && html`<${Estimate} estimate=${estimate} busy=${busy === "start"} onStart=${start} />`}`;
}

function Chosen({ benchmark, form, change }) {
  const toggle = (id, on) => change({ chosen: benchmark.candidates.map((each) => each.id).filter((each) => (each === id ? on : form.chosen.includes(each))) });
  const edit = (at, members) => change({ added: form.added.map((each, index) => (index === at ? { ...each, ...members } : each)) });
  return html`
    <fieldset><legend>Candidates</legend>
      ${benchmark.candidates.map((each) => html`<${Tick} key=${each.id} label=${html`${each.title} <span class="quiet small">${each.model}</span>`} 
        checked=${form.chosen.includes(each.id)} onChecked=${(on) => toggle(each.id, on)} />`)}
      ${form.added.map((each, at) => html`
        <div class="added" key=${at} role="group" aria-label=${`Added candidate ${at + 1}`}>
          <${Field} name=${`title-${at}`} label="Title" maxlength="200" value=${each.title} onValue=${(title) => edit(at, { title })} />
          <${Field} name=${`model-${at}`} label="Model" hint="As the server names it, for instance openai:gpt-4o-mini." maxlength="200" value=${each.model} onValue=${(model) => edit(at, { model })} />
          <${Field} name=${`instructions-${at}`} label="Instructions, added to those of the recording" long maxlength="20000" value=${each.instructions} onValue=${(instructions) => edit(at, { instructions })} />
          <${Field} name=${`prompt-${at}`} label="Prompt, in place of that of the recording" long maxlength="20000" value=${each.prompt} onValue=${(prompt) => edit(at, { prompt })} />
          <${Field} name=${`temperature-${at}`} label="Temperature" type="number" min="0" max="2" step="0.1" value=${each.temperature} onValue=${(temperature) => edit(at, { temperature })} />
          <p><button type="button" onClick=${() => change({ added: form.added.filter((_, index) => index !== at) })}>Leave this one out</button></p>
        </div>`)}
      <p><button type="button" onClick=${() => change({ added: [...form.added, NEW_CANDIDATE] })}>Add another model</button></p>
    </fieldset>`;
}

function How({ form, change }) {
  return html`
    <fieldset><legend>How</legend><div class="field-row">
      <${Field} name="repeats" label="Repetitions" hint="More of them remove the noise of the models, not that of few recordings." type="number" min="1" max="1000" required value=${form.repeats} onValue=${(repeats) => change({ repeats })} />
      <${Choice} name="mode" label="What is replayed" value=${form.mode} options=${Object.entries(MODES)} onValue=${(mode) => change({ mode })} />
    </div></fieldset>`;
}

function Limits({ form, change }) {
  const field = (name, label, more) => html`<${Field} name=${name} label=${label} type="number" value=${form[name]} onValue=${(value) => change({ [name]: value })} ...${more} />`;
  return html`
    <fieldset><legend>Limits</legend><p class="quiet small">At a limit nothing new is started, and you can go on with the test later. Empty means no limit.</p><div class="field-row">
      ${field("cost", "Cost", { min: 0, step: "any" })}
      <${Field} name="currency" label="Currency" maxlength="3" pattern="[A-Z]{3}" value=${form.currency} onValue=${(currency) => change({ currency })} />
      ${field("tokens", "Tokens", { min: 1 })}${field("minutes", "Minutes", { min: 0.1, step: "any" })}${field("failures", "Failed replays", { min: 1 })}
    </div></fieldset>`;
}

function More({ benchmark, form, change }) {
  const field = (name, label, more) => html`<${Field} name=${name} label=${label} value=${form[name]} onValue=${(value) => change({ [name]: value })} ...${more} />`;
  const titles = [...benchmark.candidates.filter((each) => form.chosen.includes(each.id)), ...form.added].map((each) => each.title).filter(Boolean);
  return html`
    <details class="more"><summary>More choices</summary><div class="more-fields">
      ${field("name", "Name of this test", { maxlength: 200 })}
      ${field("judges", "Judges", { hint: "Names of models, with commas between. The grade of the first one counts; the others show how far they agree." })}
      <${Tick} label="Judges also choose between two candidates, without knowing whose words they read" checked=${form.prefer} onChecked=${(prefer) => change({ prefer })} />
      <${Tick} label="Judges also grade the recorded answers, so that people stand on the same scale" checked=${form.recorded} onChecked=${(recorded) => change({ recorded })} />
      <div class="field-row">
        <${Choice} name="baseline" label="Compare with" value=${form.baseline} options=${[["", "Every pair"], ...titles.map((title) => [title, title])]} onValue=${(baseline) => change({ baseline })} />
        ${field("worthwhile", "A difference matters from, in points of 100", { type: "number", min: 1, max: 100, step: "any" })}
        ${field("looks", "Early looks", { type: "number", min: 0, max: 100, hint: "How often it may end early because the question is decided." })}
        ${field("parallel", "At once", { type: "number", min: 1, max: 16, hint: "Replays that run side by side." })}
        ${field("seed", "Seed", { type: "number", min: 0, step: 1, hint: "The same seed gives the same order and the same sample." })}
      </div></div>
    </details>`;
}
