// The assistant's words. Everything becomes text nodes; addresses become links only if they lead to the web.
import { html } from "../../html.js";
import { blocks } from "../../lab-words.js";

// `onMark(number)`: a mark such as [1] was chosen; without it marks are plain text.
export function Words({ text, known = new Set(), onMark }) {
  const shown = (pieces) => pieces.map((piece, index) => html`<${Piece} key=${index} piece=${piece} known=${known} onMark=${onMark} />`);
  return html`<div class="words">${blocks(text).map((block, index) => {
    if (block.type === "code") return html`<pre key=${index}><code>${block.text}</code></pre>`;
    if (block.type === "heading") return html`<p key=${index}><strong>${shown(block.pieces)}</strong></p>`;
    if (block.type === "list") {
      return html`<ul key=${index} class=${block.items.some((item) => item.marker) ? "numbered" : undefined}>
        ${block.items.map((item, at) => html`<li key=${at}>${item.marker && html`<span class="marker">${item.marker} </span>`}${shown(item.pieces)}</li>`)}</ul>`;
    }
    return html`<p key=${index} class="prose">${shown(block.pieces)}</p>`;
  })}</div>`;
}

function Piece({ piece, known, onMark }) {
  switch (piece.type) {
    case "strong": return html`<strong>${piece.text}</strong>`;
    case "code": return html`<code>${piece.text}</code>`;
    case "link": return html`<a href=${piece.href} target="_blank" rel="noopener noreferrer">${piece.text}</a>`;
    case "marks": return piece.numbers.map((number) => (onMark && known.has(number)
      ? html`<button type="button" class="cite" key=${number} aria-label=${`Source ${number}`} onClick=${() => onMark(number)}>${number}</button>`
      : `[${number}]`));
    default: return piece.text;
  }
}
