// How far the judges can be trusted: their agreement with each other and with people, and the noise of the test itself.
import { html } from "../../html.js";
import { count, share, signed, signedRange } from "../../tests-words.js";

export function Judges({ results }) {
  const { judges, agreement, human, noise_floor: noise } = results;
  return html`
    <section aria-labelledby="judges"><h2 id="judges">The judges</h2>
      ${judges.length === 0 && html`<p class="quiet">Nothing is graded yet.</p>`}
      ${judges.length > 0 && html`<div class="scroll" tabindex="0" role="region" aria-labelledby="judges"><table class="differences">
        <thead><tr><th scope="col">Judge</th><th scope="col">Mean</th><th scope="col">Grades</th><th scope="col">With people</th></tr></thead>
        <tbody>${judges.map((each) => html`<tr key=${each.judge}><th scope="row">${each.judge}${each.counts && html`<span class="tag">counts</span>`}</th><td>${share(each.mean)}</td>
          <td>${each.n}${each.failed > 0 ? `, ${each.failed} failed` : ""}</td><td>${withPeople(human.find((one) => one.judge === each.judge))}</td></tr>`)}</tbody></table></div>`}
      ${agreement && html`<p>${agreementWords(agreement)}</p>`}
      <${Biases} human=${human} />
      ${noise && html`<h3>Noise floor</h3><p>${noiseWords(noise)}</p>`}
    </section>`;
}

const withPeople = (one) => (one ? (one.kappa == null ? one.reason || "–" : `κ ${one.kappa.toFixed(2)} over ${count(one.cases, "case")}`) : "–");

function agreementWords({ alpha, raters, units, reason }) {
  if (alpha == null) return reason;
  const words = alpha >= 0.8 ? "They agree well." : alpha >= 0.667 ? "They agree well enough for careful conclusions." : "They do not agree much; read the verdict with care.";
  const number = `Krippendorff's alpha of ${count(raters, "judge")} over ${count(units, "case")} is ${alpha.toFixed(2)}; 1 is complete agreement, 0 what chance gives.`;
  return [words, number, reason].filter(Boolean).join(" ");
}

function Biases({ human }) {
  const rows = human.flatMap((one) => one.bias.map((bias) => ({ ...bias, judge: one.judge })));
  if (rows.length === 0) return null;
  return html`
    <details class="more"><summary>Beside people, criterion by criterion</summary>
      <p class="quiet small">How many points of 100 a judge gives more than people do.</p>
      <div class="scroll" tabindex="0" role="region" aria-label="Judges beside people"><table class="differences">
        <thead><tr><th scope="col">Criterion</th><th scope="col">Judge</th><th scope="col">More than people</th><th scope="col">Interval</th></tr></thead>
        <tbody>${rows.map((row) => html`<tr key=${row.judge + row.criterion}><th scope="row">${row.criterion}</th><td>${row.judge}</td><td>${signed(row.mean)}</td>
          <td>${row.interval ? signedRange(row.interval) : row.reason || "–"}</td></tr>`)}</tbody></table></div>
    </details>`;
}

function noiseWords(noise) {
  if (noise.half_width == null) return noise.reason;
  const same = noise.identical == null ? "" : ` ${share(noise.identical)} of its repetitions say the very same.`;
  return `Two runs of ${noise.title} differ by up to ${count(Math.round(noise.half_width * 100), "point")} of 100 by chance alone.${same} Smaller differences mean nothing.`;
}
