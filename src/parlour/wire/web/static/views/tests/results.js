// The results of a test: the verdict first, then what it stands on.
import { html } from "../../html.js";
import { Candidates } from "./candidates.js";
import { Judges } from "./judges.js";
import { Matrix } from "./matrix.js";
import { Scores } from "./scores.js";
import { Verdicts } from "./verdicts.js";

export function Results({ results, onShow }) {
  return html`
    <${Verdicts} results=${results} />
    ${results.caveats.length > 0 && html`<section aria-labelledby="caveats"><h2 id="caveats">Keep in mind</h2>
      <ul class="caveats">${results.caveats.map((text) => html`<li key=${text}>${text}</li>`)}</ul></section>`}
    <${Scores} results=${results} />
    <${Matrix} results=${results} onShow=${onShow} />
    ${results.progress.completed > 0 && html`<${Candidates} results=${results} /><${Judges} results=${results} />`}
    ${results.formulas.length > 0 && html`<details class="more"><summary>Where the formulas come from</summary>
      <ul class="small">${results.formulas.map((text) => html`<li key=${text}>${text}</li>`)}</ul></details>`}`;
}
