// Means with their intervals on one axis, drawn as SVG; the same numbers stand in a table below it.
import { html } from "../../html.js";
import { axis, placer } from "../../tests-plot.js";
import { useWidth } from "./use-width.js";

const ROW = 46;
const EDGE = 22;
const FOOT = 26;

// `rows`: [{ key, title, mean, low, high, value (words), kind: "candidate" | "people" }]. `zero`: { at, from, to, words } marks
// a line and a band around it. `label(value)`: the words of a tick.
export function Plot({ id, title, description, rows, label, limits, zero, columns }) {
  const [place, width] = useWidth(640);
  const drawn = rows.filter((row) => row.mean != null);
  const scale = axis([...drawn.flatMap((row) => [row.mean, row.low, row.high]), ...(zero ? [zero.from, zero.to] : [])], { limits, many: width < 480 ? 5 : 9 });
  const x = placer(scale, EDGE, width - EDGE);
  const foot = 8 + drawn.length * ROW;
  return html`
    <figure class="plot" ref=${place}>
      ${drawn.length > 0 && html`<svg width=${width} height=${foot + FOOT} viewBox=${`0 0 ${width} ${foot + FOOT}`} role="img" aria-labelledby=${`${id}-title ${id}-desc`}>
        <title id=${`${id}-title`}>${title}</title><desc id=${`${id}-desc`}>${description}</desc>
        ${zero && html`<rect class="plot-band" x=${x(zero.from)} y="4" width=${x(zero.to) - x(zero.from)} height=${foot - 4} />`}
        ${scale.ticks.map((tick) => html`<line key=${`l${tick}`} class="plot-grid" x1=${x(tick)} x2=${x(tick)} y1="4" y2=${foot} />
          <text key=${`t${tick}`} class="plot-tick" x=${x(tick)} y=${foot + 18} text-anchor="middle">${label(tick)}</text>`)}
        ${zero && html`<line class="plot-zero" x1=${x(zero.at)} x2=${x(zero.at)} y1="4" y2=${foot} />`}
        ${drawn.map((row, at) => html`<${Row} key=${row.key} row=${row} x=${x} y=${8 + at * ROW} width=${width} />`)}
      </svg>`}
      <figcaption class="quiet small">${description}</figcaption>
      <${AsTable} title=${title} rows=${rows} columns=${columns} />
    </figure>`;
}

function Row({ row, x, y, width }) {
  const line = y + 31;
  const mean = x(row.mean);
  const room = Math.max(8, Math.floor((width - 2 * EDGE - 8 * row.value.length) / 8));
  const name = row.title.length > room ? `${row.title.slice(0, room - 1)}…` : row.title;
  return html`<g class="plot-row" data-kind=${row.kind}>
    <text class="plot-name" x="2" y=${y + 15}>${name}</text>
    <text class="plot-value" x=${width - 2} y=${y + 15} text-anchor="end">${row.value}</text>
    ${row.low != null && html`<line class="plot-range" x1=${x(row.low)} x2=${x(row.high)} y1=${line} y2=${line} />
      <line class="plot-range" x1=${x(row.low)} x2=${x(row.low)} y1=${line - 5} y2=${line + 5} />
      <line class="plot-range" x1=${x(row.high)} x2=${x(row.high)} y1=${line - 5} y2=${line + 5} />`}
    ${row.kind === "people"
      ? html`<path class="plot-mean" d=${`M${mean} ${line - 8}L${mean + 8} ${line}L${mean} ${line + 8}L${mean - 8} ${line}Z`} />`
      : html`<circle class="plot-mean" cx=${mean} cy=${line} r="6" />`}
  </g>`;
}

function AsTable({ title, rows, columns }) {
  return html`
    <details class="more"><summary>The same as a table<span class="unseen">: ${title}</span></summary>
      <div class="scroll" tabindex="0" role="region" aria-label=${title}><table class="differences"><thead><tr>${columns.map((words) => html`<th key=${words} scope="col">${words}</th>`)}</tr></thead>
        <tbody>${rows.map((row) => html`<tr key=${row.key}><th scope="row">${row.title}</th>${row.cells.map((cell, at) => html`<td key=${at}>${cell}</td>`)}</tr>`)}</tbody></table></div>
    </details>`;
}
