// One benchmark: its candidates, what they are judged by, its recordings, and its tests.
import { html } from "../../html.js";
import { toBenchmark } from "../../router.js";
import { checkWords, count, MODES } from "../../tests-words.js";
import { Loading, Notice, PageTitle } from "../parts.js";
import { Recordings } from "./recordings.js";
import { TestRows } from "./test-rows.js";
import { useRead } from "./use-read.js";

const TESTS_SHOWN = 20;

export function Benchmark({ api, benchmarkId, onLeave }) {
  const { found, problem, reload, setProblem } = useRead(async () => {
    const [benchmark, tests] = await Promise.all([api.benchmark(benchmarkId), api.tests({ benchmark_id: benchmarkId, limit: TESTS_SHOWN })]);
    return { benchmark, tests: tests.items };
  }, benchmarkId, onLeave);
  if (!found) {
    return html`<div class="page tests">${problem
      ? html`<${PageTitle}>This benchmark cannot be opened<//><${Notice} text=${problem}><button type="button" onClick=${reload}>Try again</button><//>
        <p><a href="#/benchmarks">All benchmarks</a></p>`
      : html`<${Loading} what="the benchmark" />`}</div>`;
  }
  const { benchmark, tests } = found;
  const facts = [benchmark.eval_name, MODES[benchmark.replay_mode], count(benchmark.repeats, "repetition"), `Version ${benchmark.version}`].filter(Boolean);
  return html`
    <div class="page tests">
      <p class="crumb"><a href="#/benchmarks">Tests</a></p>
      <div class="row apart page-head"><${PageTitle}>${benchmark.name}<//><a class="button primary" href=${`${toBenchmark(benchmarkId)}/start`}>Start a test</a></div>
      <p>${benchmark.description}</p>
      <p class="facts">${facts.map((fact) => html`<span key=${fact}>${fact}</span>`)}</p>
      <${Notice} text=${problem} onClose=${() => setProblem(null)} />
      ${tests.length > 0 && html`<section aria-labelledby="tests"><h2 id="tests">Its tests</h2><${TestRows} tests=${tests} /></section>`}
      <section aria-labelledby="candidates"><h2 id="candidates">Candidates</h2>
        <ul class="plain-list">${benchmark.candidates.map((each) => html`<${Candidate} key=${each.id} candidate=${each} baseline=${each.id === benchmark.baseline} />`)}</ul></section>
      <section aria-labelledby="judged"><h2 id="judged">Judged by</h2><${JudgedBy} benchmark=${benchmark} /></section>
      <${Recordings} api=${api} benchmark=${benchmark} onChanged=${reload} onProblem=${setProblem} />
    </div>`;
}

function Candidate({ candidate, baseline }) {
  const facts = [candidate.model, candidate.temperature != null && `temperature ${candidate.temperature}`, candidate.tools.length > 0 && `may ask for ${candidate.tools.map((tool) => tool.name).join(", ")}`,
    candidate.use_custom && "started by hand"].filter(Boolean);
  return html`
    <li><h3>${candidate.title}${baseline && html` <span class="tag">baseline</span>`}</h3><p class="quiet small">${facts.join(" · ")}</p>
      ${(candidate.prompt || candidate.instructions) && html`<details class="more"><summary>What it is told<span class="unseen">: ${candidate.title}</span></summary>
        ${candidate.prompt && html`<p class="prose">${candidate.prompt}</p>`}${candidate.instructions && html`<p class="prose">${candidate.instructions}</p>`}</details>`}</li>`;
}

function JudgedBy({ benchmark }) {
  const { rubrics, checks, judges } = benchmark;
  return html`
    ${rubrics.map((rubric) => html`<div key=${rubric.rubric_id}><p><strong>${rubric.name}</strong>, ${count(rubric.total_points, "point")}; ${rubric.pass_points} ${rubric.pass_points === 1 ? "is" : "are"} needed to pass.</p>
      <ul>${rubric.criteria.map((each) => html`<li key=${each.name}>${each.name} <span class="quiet">${count(each.points, "point")}</span></li>`)}</ul></div>`)}
    <p class="under">${judges.length > 0 ? `${judges.length === 1 ? "The judge is" : "The judges are"} ${judges.join(", ")}${judges.length > 1 ? "; the grade of the first one counts" : ""}.` : "The judge is the usual grader."}
      ${benchmark.prefer && " They also choose between two candidates, without knowing whose words they read."}</p>
    ${checks.length > 0 && html`<h3>Checks, before any judge</h3><ul>${checks.map((check) => html`<li key=${check.key}>${checkWords(check)}${!check.required && html` <span class="quiet">Reported only.</span>`}</li>`)}</ul>`}
    <p class="under">A difference matters from ${Math.round(benchmark.smallest_worthwhile * 100)} points of 100 on.</p>`;
}
