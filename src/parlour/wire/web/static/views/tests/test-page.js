// One test: how far it is, its results, and its cases.
import { html, useLayoutEffect, useState } from "../../html.js";
import { toBenchmark, toTest } from "../../router.js";
import { count, MODES, stateOf } from "../../tests-words.js";
import { ExportMenu } from "../export-menu.js";
import { day, Loading, Notice, PageTitle } from "../parts.js";
import { Case } from "./case.js";
import { Cases, NO_FILTER } from "./cases.js";
import { Progress } from "./progress.js";
import { Results } from "./results.js";
import { useTest } from "./use-test.js";

const FORMATS = [["json", "Everything, as data (JSON)"], ["markdown", "A report to read (Markdown)"], ["junit", "For build servers (JUnit)"]];

export function TestPage({ api, connection, place, onLeave }) {
  const { results, may, problem, read, say } = useTest({ api, connection, testId: place.testId, onLeave });
  const [filter, setFilter] = useState(NO_FILTER);
  useLayoutEffect(() => { scrollTo({ top: 0, behavior: "instant" }); }, [place.part, place.replayId]);
  if (!results) {
    return html`<div class="page tests">${problem
      ? html`<${PageTitle}>This test cannot be opened<//><${Notice} text=${problem}><button type="button" onClick=${read}>Try again</button><//>
        <p><a href="#/benchmarks">All benchmarks</a></p>`
      : html`<${Loading} what="the test" />`}</div>`;
  }
  const { test } = results;
  const show = (wanted) => {
    setFilter({ ...NO_FILTER, ...wanted });
    location.hash = `${toTest(test.id)}/cases`;
  };
  const given = { api, results, onProblem: say };
  return html`
    <div class="page tests">
      <p class="crumb"><a href="#/benchmarks">Tests</a> › <a href=${toBenchmark(test.benchmark_id)}>${test.benchmark_name}</a></p>
      <div class="row apart page-head"><${PageTitle}>${test.name || test.benchmark_name}<//>
        <${ExportMenu} formats=${FORMATS} of="of this test" fetchFile=${(format) => api.exported(test.id, format)} onProblem=${say} /></div>
      <p class="facts"><span class="tag" data-status=${stateOf(test).kind}>${stateOf(test).word}</span>${factsOf(results).map((fact) => html`<span key=${fact}>${fact}</span>`)}</p>
      <${Notice} text=${problem} onClose=${() => say(null)} />
      ${!place.replayId && html`<${Progress} ...${given} may=${may} onChanged=${read} />`}
      <nav class="lab-parts test-parts" aria-label="This test">
        <a href=${toTest(test.id)} aria-current=${place.part === "results" ? "page" : undefined}>Results</a>
        <a href=${`${toTest(test.id)}/cases`} aria-current=${place.part === "cases" && !place.replayId ? "page" : undefined}>Cases</a>
      </nav>
      ${place.part === "results" && html`<${Results} results=${results} onShow=${show} />`}
      ${place.part === "cases" && !place.replayId && html`<${Cases} ...${given} filter=${filter} onFilter=${setFilter} />`}
      ${place.replayId && html`<${Case} key=${place.replayId} ...${given} replayId=${place.replayId} onChanged=${read} />`}
    </div>`;
}

function factsOf({ test }) {
  return [
    `Begun ${day(test.created_at)}`, MODES[test.replay_mode], count(test.recordings, "recording"), test.repeats > 1 && `${test.repeats} repetitions`,
    test.judges.length > 0 && count(test.judges.length, "judge"), test.archived && "Archived",
  ].filter(Boolean);
}
