// What else is known of each candidate: passes, checks, repeatability, time and cost.
import { html } from "../../html.js";
import { BLAMES, count, milliseconds, money, share, shares } from "../../tests-words.js";

export function Candidates({ results }) {
  const { candidates } = results;
  const ks = [...new Set(candidates.flatMap((each) => each.pass_k.map(({ k }) => k)))].filter((k) => k > 1);
  const rows = [
    ["Model", (each) => [each.model, each.temperature != null && `temperature ${each.temperature}`].filter(Boolean).join(", ")],
    ["Passed", (each) => `${each.passes.successes} of ${each.passes.trials}`, (each) => each.passes.interval && shares(each.passes.interval)],
    ...ks.map((k) => [`All of ${k} repetitions pass`, (each) => share(passK(each, k)?.rate), (each) => passK(each, k)?.interval && shares(passK(each, k).interval)]),
    ["Two runs of it differ by up to", (each) => (each.noise.half_width == null ? "–" : `${count(Math.round(each.noise.half_width * 100), "point")} of 100`), (each) => each.noise.reason],
    ["Checks that failed", (each) => checksOf(each)],
    ["Failed cases, by cause", (each) => blamesOf(each)],
    ["Says something else than the recording", (each) => `${each.divergent} of ${count(each.completed, "case")}`],
    ["Time of an answer", (each) => `${milliseconds(each.milliseconds_p50)} in the middle`, (each) => each.milliseconds_p95 != null && `${milliseconds(each.milliseconds_p95)} at most in 95 of 100`],
    ["Tokens", (each) => (each.input_tokens + each.output_tokens).toLocaleString("en"), (each) => `${each.output_tokens.toLocaleString("en")} of them written`],
    ["Cost", (each) => money(each.costs)],
  ];
  return html`
    <section aria-labelledby="more-numbers"><h2 id="more-numbers">Each candidate</h2>
      <div class="scroll" tabindex="0" role="region" aria-labelledby="more-numbers"><table class="differences facts-table">
        <thead><tr><th scope="col"><span class="unseen">What</span></th>${candidates.map((each) => html`<th key=${each.invocation_id} scope="col">${each.title}</th>`)}</tr></thead>
        <tbody>${rows.map(([name, value, note]) => html`<tr key=${name}><th scope="row">${name}</th>${candidates.map((each) => html`
          <td key=${each.invocation_id}>${value(each)}${note?.(each) && html`<span class="quiet small under">${note(each)}</span>`}</td>`)}</tr>`)}</tbody></table></div>
    </section>`;
}

const passK = (each, k) => each.pass_k.find((one) => one.k === k);

function checksOf(each) {
  const failed = each.checks.filter((check) => check.failed > 0);
  if (each.checks.length === 0) return "no checks";
  return failed.length === 0 ? "none" : failed.map((check) => `${check.key}: ${check.failed} of ${check.failed + check.passed}`).join(", ");
}

function blamesOf(each) {
  const said = Object.entries(BLAMES).filter(([key]) => each.blame[key] > 0).map(([key, words]) => `${words.replace("The ", "")}: ${each.blame[key]}`);
  return said.length > 0 ? said.join(", ") : "none";
}
