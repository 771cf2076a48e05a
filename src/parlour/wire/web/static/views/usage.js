// What the models behind an attempt used: tokens, seconds and price. Read when it is opened.
import { html, useEffect, useState } from "../html.js";
import { priceText, sumOf, taskInWords } from "../usage-state.js";
import { Loading, Notice } from "./parts.js";

export function Usage({ api, state }) {
  const [open, setOpen] = useState(false);
  const [used, setUsed] = useState(null);
  const [problem, setProblem] = useState(null);
  const said = Object.values(state.messages).flat().filter((message) => message.status !== "running").length;
  useEffect(() => {
    if (open) api.usage(state.attemptId).then(setUsed, (refusal) => setProblem(refusal.detail));
  }, [open, said, state.active]);
  return html`
    <details class="usage" open=${open} onToggle=${(event) => setOpen(event.target.open)}>
      <summary>What this used</summary>
      <${Notice} text=${problem} />
      ${open && !used && !problem && html`<${Loading} what="the figures" />`}
      ${used && (used.by_task.length > 0 ? html`<${Table} totals=${used.by_task} />` : html`<p>Nothing was asked of a model.</p>`)}
    </details>`;
}

function Table({ totals }) {
  const sum = sumOf(totals);
  const whole = new Intl.NumberFormat();
  const row = (total) => {
    const { tokens, seconds, costs } = sumOf([total]);
    return html`<td>${whole.format(tokens)}</td><td>${seconds.toFixed(1)}</td><td>${priceText(costs)}</td>`;
  };
  return html`
    <div class="usage-scroll"><table>
      <thead><tr><th scope="col">For</th><th scope="col">Tokens</th><th scope="col">Seconds</th><th scope="col">Price</th></tr></thead>
      <tbody>${totals.map((total) => html`<tr key=${total.key}><th scope="row">${taskInWords(total.key)}</th>${row(total)}</tr>`)}</tbody>
      <tfoot><tr><th scope="row">In all</th><td>${whole.format(sum.tokens)}</td><td>${sum.seconds.toFixed(1)}</td><td>${priceText(sum.costs)}</td></tr></tfoot>
    </table></div>
    ${sum.estimated > 0 && html`<p>Some tokens are estimated.</p>`}
    ${sum.unpriced > 0 && html`<p>${sum.unpriced === sum.requests ? "The model has no price here." : "Some requests have no price."}</p>`}`;
}
