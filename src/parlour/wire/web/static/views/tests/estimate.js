// What a test would come to, in plain words, before anything is started.
import { html, useEffect, useRef } from "../../html.js";
import { count, moneyRange, seconds } from "../../tests-words.js";

export function Estimate({ estimate, busy, onStart }) {
  const heading = useRef(null);
  useEffect(() => { heading.current.focus(); }, []);
  const { tokens, costs, without_price: unpriced, seconds: time, detectable_difference: detectable } = estimate;
  const price = [costs.length > 0 && moneyRange(costs), unpriced.length > 0 && `no price known for ${unpriced.join(", ")}`].filter(Boolean).join("; ");
  return html`
    <section class="estimate grade" aria-labelledby="estimate"><h2 id="estimate" ref=${heading} tabindex="-1">What it comes to</h2>
      ${estimate.sentences.map((text) => html`<p key=${text}>${text}</p>`)}
      <dl class="numbers">
        <div><dt>Cases</dt><dd>${estimate.cells.toLocaleString("en")} <span class="quiet">${count(estimate.turns, "answer")} to be said</span></dd></div>
        <div><dt>Requests</dt><dd>${(estimate.model_requests + estimate.judge_requests).toLocaleString("en")} <span class="quiet">${estimate.judge_requests.toLocaleString("en")} of them by judges</span></dd></div>
        <div><dt>Tokens</dt><dd>${tokens.low.toLocaleString("en")} to ${tokens.high.toLocaleString("en")}</dd></div>
        <div><dt>Cost</dt><dd>${price || "nothing"}</dd></div>
        <div><dt>Time</dt><dd>${timeWords(time)}</dd></div>
        <div><dt>Smallest difference it can see</dt><dd>${detectable == null ? "not known yet" : `about ${Math.round(detectable * 100)} points of 100`}</dd></div>
      </dl>
      <p><button type="button" class="primary" disabled=${busy} onClick=${onStart}>${busy ? "Starting…" : "Start the test"}</button></p>
    </section>`;
}

const timeWords = ({ low, high }) => (seconds(low) === seconds(high) ? seconds(high) : `${seconds(low)} to ${seconds(high)}`);
