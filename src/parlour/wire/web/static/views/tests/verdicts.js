// What a test says about each pair of candidates: a word, a sentence, and the numbers behind it.
import { html } from "../../html.js";
import { chance, count, share, shares, signed, signedRange, VERDICTS } from "../../tests-words.js";

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
  return html`
    <section aria-labelledby="verdicts"><h2 id="verdicts">${results.final ? "Verdict" : "Verdict so far"}</h2>
      ${comparisons.length === 0 && html`<p class="quiet">There is only one candidate, so nothing is compared.</p>`}
      <ul class="verdicts">${comparisons.map((each) => html`<${Verdict} key=${each.a + each.b} comparison=${each} unit=${results.unit} />`)}</ul>
    </section>`;
}

function Verdict({ comparison, unit }) {
  const { preference } = comparison;
  return html`
    <li class="verdict">
      <div class="row"><${VerdictWord} word=${comparison.word} /><h3>${comparison.b_title} beside ${comparison.a_title}</h3></div>
      <p>${comparison.sentence}</p>
      <details class="more"><summary>The numbers<span class="unseen"> of ${comparison.b_title} beside ${comparison.a_title}</span></summary>
        <dl class="numbers">
          <${Figure} name="Difference" value=${`${signed(comparison.difference)} points of 100`} note=${`95 of 100 such intervals hold the truth: ${signedRange(comparison.interval)}`.replace("95", String(Math.round(100 * (comparison.interval?.level ?? 0.95))))} />
          <${Figure} name="Chance of such a difference if there were none" value=${chance(comparison.p)}
            note=${`${chance(comparison.p_adjusted)} after allowing for the other comparisons; set against ${comparison.alpha}`} />
          <${Figure} name="Based on" value=${`${count(comparison.pairs, "pair")} of cases`} note=${`${count(comparison.recordings, "recording")}, ${count(comparison.units, `independent ${unit}`)}`} />
          ${comparison.detectable != null && html`<${Figure} name="Least difference it would probably show" value=${`${signed(comparison.detectable).replace("+", "")} points of 100`} />`}
          <${Figure} name="Passed" value=${`${signed(comparison.passes.difference)} points of 100`} note=${`${chance(comparison.passes.p)}; only ${comparison.b_title}: ${comparison.passes.b_only}, only ${comparison.a_title}: ${comparison.passes.a_only}`} />
          ${preference && html`<${Figure} name="Judges who did not know whose words they read" value=${preference.rate_b == null ? "–" : `chose ${comparison.b_title} in ${share(preference.rate_b)}`}
            note=${[preference.interval && shares(preference.interval), `${preference.wins_b} to ${preference.wins_a}, ${count(preference.ties, "tie")}`, preference.order_consistent != null && `the same in both orders: ${share(preference.order_consistent)}`,
              preference.failed > 0 && `${preference.failed} failed`, preference.reason].filter(Boolean).join("; ")} />`}
          <${Figure} name="Method" value=${comparison.method} note=${comparison.reason} />
        </dl>
      </details>
    </li>`;
}

const Figure = ({ name, value, note }) => html`<div><dt>${name}</dt><dd>${value}${note && html` <span class="quiet">${note}</span>`}</dd></div>`;
