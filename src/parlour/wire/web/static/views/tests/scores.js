// Everybody's scores on one scale, and how the candidates differ.
import { html } from "../../html.js";
import { count, share, shares, signed, signedRange, VERDICTS } from "../../tests-words.js";
import { Plot } from "./plot.js";

const DIAMOND = "A circle is a candidate, a diamond the people of the recordings. ";

export function Scores({ results }) {
  const rows = [...results.candidates.map(candidateRow), ...results.people.map(personRow)];
  if (results.candidates.every((each) => each.mean == null)) return null;
  return html`
    <section aria-labelledby="scores"><h2 id="scores">Scores</h2>
      <${Plot} id="scores-plot" title="Mean scores with their intervals" rows=${rows} label=${share} limits=${[0, 1]}
        description=${`Share of all points. ${results.people.length > 0 ? DIAMOND : ""}The line is where the true mean probably lies (${share(results.test.confidence)}).`}
        columns=${["Who", "Mean", "Interval", "From"]} />
    </section>`;
}

const candidateRow = (each) => ({
  key: each.invocation_id, title: each.title, kind: "candidate", mean: each.mean, low: each.interval?.low, high: each.interval?.high, value: share(each.mean),
  cells: [share(each.mean), each.interval ? shares(each.interval) : each.reason || "–", count(each.scored, "graded case")],
});

const personRow = (each) => ({
  key: each.source, title: each.title, kind: "people", mean: each.mean, low: each.interval?.low, high: each.interval?.high, value: share(each.mean),
  cells: [share(each.mean), each.interval ? shares(each.interval) : each.reason || "–", count(each.n, "recording")],
});

export function DifferencesPlot({ results }) {
  const { smallest_worthwhile: worthwhile } = results.test;
  const rows = results.comparisons.filter((each) => each.measure === "score").map((each) => ({
    key: each.a + each.b, title: `${each.b_title} beside ${each.a_title}`, kind: "candidate", mean: each.difference, low: each.interval?.low, high: each.interval?.high,
    value: `${VERDICTS[each.word]?.sign ?? ""} ${signed(each.difference)}`, cells: [signed(each.difference), each.interval ? signedRange(each.interval) : each.reason || "–", VERDICTS[each.word]?.words ?? each.word],
  }));
  if (rows.every((row) => row.mean == null)) return null;
  return html`
    <${Plot} id="differences-plot" title="Differences with their intervals" rows=${rows} label=${signed} limits=${[-1, 1]}
      zero=${{ at: 0, from: -worthwhile, to: worthwhile }}
      description=${`In points of 100. Right of the line the first one is better. Within the grey band (${Math.round(worthwhile * 100)} points) a difference would not matter.`}
      columns=${["Pair", "Difference", "Interval", "Verdict"]} />`;
}
