// The benchmarks that one may run: what each is, and what its newest test found.
import { html } from "../../html.js";
import { toBenchmark, toTest } from "../../router.js";
import { count } from "../../tests-words.js";
import { Loading, Notice, PageTitle } from "../parts.js";
import { TestRows } from "./test-rows.js";
import { useRead } from "./use-read.js";
import { VerdictLine } from "./verdicts.js";

const TESTS_SHOWN = 50;
const VERDICTS_SHOWN = 4;

export function Benchmarks({ api, onLeave }) {
  const { found, problem, reload } = useRead(async () => {
    const [cards, tests] = await Promise.all([api.benchmarks(), api.tests({ limit: TESTS_SHOWN })]);
    return { cards: cards.items, tests: tests.items };
  }, "", onLeave);
  return html`
    <div class="page tests">
      <${PageTitle}>Tests<//>
      <p class="lead">A test replays recorded conversations with other models and tells whether one answers better than another.</p>
      <${Notice} text=${problem}><button type="button" onClick=${reload}>Try again</button><//>
      ${!found && !problem && html`<${Loading} what="the benchmarks" />`}
      ${found?.cards.length === 0 && html`<p class="quiet">There is no benchmark that you may run. Whoever looks after the content can make one.</p>`}
      ${found?.cards.length > 0 && html`<section aria-labelledby="benchmarks"><h2 id="benchmarks">Benchmarks</h2>
        <ul class="cards wide-cards">${found.cards.map((card) => html`
          <${Card} key=${card.benchmark_id} api=${api} card=${card} newest=${found.tests.find((test) => test.benchmark_id === card.benchmark_id)} />`)}</ul></section>`}
      ${found?.tests.length > 0 && html`<section aria-labelledby="recent"><h2 id="recent">Recent tests</h2><${TestRows} tests=${found.tests} benchmarks /></section>`}
    </div>`;
}

function Card({ api, card, newest }) {
  const id = `card-${card.benchmark_id}`;
  const facts = [count(card.recorded_runs, "recording"), count(card.candidates, "candidate"), count(card.repeats, "repetition"), card.total_tests > 0 && count(card.total_tests, "test")].filter(Boolean);
  return html`
    <li class="card">
      <h3 id=${id}><a href=${toBenchmark(card.benchmark_id)}>${card.name}</a></h3>
      <p class="card-text">${card.description}</p>
      <p class="quiet small">${facts.join(" · ")}</p>
      ${newest && html`<${LastVerdict} api=${api} test=${newest} />`}
      <p class="row"><a class="button primary" href=${`${toBenchmark(card.benchmark_id)}/start`} aria-describedby=${id}>Start a test</a>
        <a class="button" href=${toBenchmark(card.benchmark_id)} aria-describedby=${id}>Look into it</a></p>
    </li>`;
}

function LastVerdict({ api, test }) {
  const over = test.state === "completed" || test.halted;
  const { found, problem } = useRead(() => (over ? api.results(test.test_id) : Promise.resolve(null)), test.test_id);
  return html`
    <div class="last-verdict">
      <p class="small"><a href=${toTest(test.test_id)}>Newest test</a> <span class="quiet">${over ? "" : `${test.completed} of ${count(test.cells, "case")} so far`}</span></p>
      ${problem && html`<p class="quiet small">${problem}</p>`}
      ${found?.comparisons.slice(0, VERDICTS_SHOWN).map((each) => html`<${VerdictLine} key=${each.a + each.b} comparison=${each} />`)}
    </div>`;
}
