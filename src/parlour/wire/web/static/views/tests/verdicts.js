// What a test says about each pair of candidates: a word, a sentence, and the numbers behind it.
import { html } from "../../html.js";
import { chance, count, share, shares, signed, signedRange, VERDICTS } from "../../tests-words.js";
import { DifferencesPlot } from "./scores.js";

export function VerdictWord({ word }) {
  const known = VERDICTS[word] ?? { sign: "", words: word };
  return html`<span class="verdict-word" data-word=${word}><span aria-hidden="true">${known.sign}</span> ${known.words}</span>`;
}

// One pair in one line, for a card.
export function VerdictLine({ comparison }) {
  return html`<p class="small verdict-line"><${VerdictWord} word=${comparison.word} /> ${comparison.b_title} <span class="quiet">beside ${comparison.a_title}</span></p>`;
}

export function Verdicts({ results }) {
  const { comparisons } = results;
  const open = !results.final && comparisons.every((each) => each.difference == null);
  return html`
    <section aria-labelledby="verdicts"><h2 id="verdicts">${results.final ? "Verdict" : "Verdict so far"}</h2>
      ${comparisons.length === 0 && html`<p class="quiet">There is only one candidate, so nothing is compared.</p>`}
      ${open && comparisons.length > 0 && html`<p class="quiet">There is nothing to compare yet.</p>`}
      ${!open && html`<ul class="verdicts">${comparisons.map((each) => html`<${Verdict} key=${each.a + each.b} comparison=${each} unit=${results.unit} />`)}</ul>`}
      <${DifferencesPlot} results=${results} />
    </section>`;
}

function Verdict({ comparison, unit }) {
  const { preference } = comparison;
  return html`
    <li class="verdict">
      <div class="row"><${VerdictWord} word=${comparison.word} /><h3>${comparison.b_title} beside ${comparison.a_title}</h3></div>
      <p>${comparison.sentence}${comparison.difference != null && html` <span class="quiet">${chance(comparison.p)}</span>`}</p>
      <details class="more"><summary>The numbers<span class="unseen"> of ${comparison.b_title} beside ${comparison.a_title}</span></summary>
        <dl class="numbers">
          <${Figure} name="Difference" value=${`${signed(comparison.difference)} points of 100`}
            note=${comparison.interval && `${Math.round(100 * comparison.interval.level)} of 100 such intervals hold the truth: ${signedRange(comparison.interval)}`} />
          <${Figure} name="Chance of such a difference if there were none" value=${chance(comparison.p)}
            note=${`${chance(comparison.p_adjusted)} after allowing for the other comparisons; set against ${Number(comparison.alpha.toFixed(4))}`} />
          <${Figure} name="Based on" value=${`${count(comparison.pairs, "pair")} of cases`} note=${`${count(comparison.recordings, "recording")}, ${count(comparison.units, `independent ${unit}`)}`} />
          ${comparison.detectable != null && html`<${Figure} name="Least difference it would probably show" value=${`${signed(comparison.detectable).replace("+", "")} points of 100`} />`}
          <${Figure} name="Passed" value=${`${signed(comparison.passes.difference)} points of 100`}
            note=${`${chance(comparison.passes.p)}; only ${comparison.b_title}: ${comparison.passes.b_only}, only ${comparison.a_title}: ${comparison.passes.a_only}`} />
          ${preference && html`<${Figure} name="Judges who did not know whose words they read" value=${preference.rate_b == null ? "–" : `${share(preference.rate_b)} for ${comparison.b_title}`}
            note=${preferenceWords(preference)} />`}
          <${Figure} name="Method" value=${comparison.method} note=${comparison.reason} />
        </dl>
      </details>
    </li>`;
}

function preferenceWords(preference) {
  const { interval, wins_a: a, wins_b: b, ties, order_consistent: same, failed, reason } = preference;
  return [interval && shares(interval), `${b} to ${a}, ${count(ties, "tie")}`, same != null && `the same in both orders: ${share(same)}`, failed > 0 && `${failed} failed`, reason].filter(Boolean).join("; ");
}

const Figure = ({ name, value, note }) => html`<div><dt>${name}</dt><dd>${value}${note && html` <span class="quiet">${note}</span>`}</dd></div>`;
