// What this candidate says beside the recording or another candidate, turn by turn. What only one side says is struck
// through or underlined and has a sign, so that no colour is needed.
import { html, useState } from "../../html.js";
import { sideOf } from "../../tests-quotes.js";
import { Loading, Notice } from "../parts.js";
import { Choice } from "./fields.js";
import { useRead } from "./use-read.js";

const RECORDED = "recorded";

export function Diff({ api, testId, replayId, title, mode, others }) {
  const options = [...(mode === "live" ? [] : [[RECORDED, "The recording"]]), ...others.map((each) => [each.replay_id, each.title])];
  const [beside, setBeside] = useState(options[0]?.[0] ?? null);
  const [columns, setColumns] = useState(false);
  const { found, problem, reload } = useRead(() => (beside ? api.diff(testId, beside, replayId) : Promise.resolve(null)), beside);
  if (!beside) return null;
  return html`
    <section class="diff" aria-labelledby="diff"><div class="row apart"><h3 id="diff">What differs</h3>
      <div class="row diff-how"><${Choice} name="beside" label="Beside" value=${beside} options=${options} onValue=${setBeside} />
        <button type="button" aria-pressed=${columns ? "true" : "false"} onClick=${() => setColumns(!columns)}>Two columns</button></div></div>
      <${Notice} text=${problem}><button type="button" onClick=${reload}>Try again</button><//>
      ${!found && !problem && html`<${Loading} what="both" />`}
      ${found && html`
        <p class="quiet small"><del><span class="sign">−</span>words of ${found.a.replay_id ? found.a.title : "the recording"} alone</del> <ins><span class="sign">+</span>words of ${found.b.title || title} alone</ins></p>
        <ol class="diff-turns">${found.turns.map((turn) => html`<li key=${turn.turn}><p class="who">Answer ${turn.turn}${turn.same ? html` <span class="quiet small">the same</span>` : ""}</p>
          ${columns ? html`<${Columns} turn=${turn} names=${[found.a.title, found.b.title]} />` : html`<${Together} turn=${turn} names=${[found.a.title, found.b.title]} />`}</li>`)}</ol>`}
    </section>`;
}

function Together({ turn, names }) {
  return html`${missing(turn, names)}<p class="prose"><${Pieces} words=${turn.words} /></p><${Calls} turn=${turn} names=${names} />`;
}

function Columns({ turn, names }) {
  return html`<div class="columns">${["a", "b"].map((side, at) => html`<div class="column" key=${side}><p class="quiet small">${names[at]}</p>
    ${turn[side] ? html`<p class="prose"><${Pieces} words=${sideOf(turn.words, side)} /></p>` : html`<p class="quiet">No such answer.</p>`}</div>`)}</div><${Calls} turn=${turn} names=${names} />`;
}

function missing(turn, names) {
  if (turn.a && turn.b) return null;
  return html`<p class="quiet small">${turn.a ? names[1] : names[0]} has no such answer.</p>`;
}

function Pieces({ words }) {
  return words.map((piece, at) => {
    const own = /^\s*/.exec(piece.text)[0];
    const space = own || at === 0 ? own : " ";
    if (piece.change === "insert") return html`<span key=${at}>${space}</span><ins><span class="unseen">added: </span><span class="sign" aria-hidden="true">+</span>${piece.text.trimStart()}</ins>`;
    if (piece.change === "delete") return html`<span key=${at}>${space}</span><del><span class="unseen">left out: </span><span class="sign" aria-hidden="true">−</span>${piece.text.trimStart()}</del>`;
    return html`<span key=${at}>${space}${piece.text.trimStart()}</span>`;
  });
}

function Calls({ turn, names }) {
  const sides = [turn.a, turn.b];
  if (!sides.some((side) => side?.calls.length > 0)) return null;
  return sides.map((side, at) => side && html`<p key=${at} class="tool-call small"><span class="quiet">${names[at]} asks for</span>
    ${side.calls.length === 0 ? "nothing" : side.calls.map((call, index) => html`<code key=${index}>${call.name}(${call.arguments})</code> `)}</p>`);
}
