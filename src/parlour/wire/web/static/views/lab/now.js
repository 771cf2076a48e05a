// What the assistant does at this moment: its steps, the text that it writes, how many messages wait, and how to stop it.
import { html, useState } from "../../html.js";
import { Words } from "./words.js";

export function Now({ lab }) {
  const { store, api } = lab;
  const { phase, queued, steps, draft, question } = store.state;
  const [stopping, setStopping] = useState(false);
  if (phase === "IDLE") return html`<div class="now"><p class="unseen" role="status">Ready</p></div>`;
  const stop = async (all) => {
    setStopping(true);
    await store.attempt(() => api.cancel(all));
    setStopping(false);
  };
  const working = phase === "RUNNING";
  const step = steps.at(-1);
  return html`
    <div class="now" data-phase=${phase}>
      ${working && draft?.text && !question && html`
        <div class="message other draft"><p class="speaker"><span class="face lab-face" aria-hidden="true">A</span>Assistant</p><div class="bubble"><${Words} text=${draft.text} /></div></div>`}
      <div class="now-bar">
        ${working && html`<span class="thinking" aria-hidden="true"><i></i><i></i><i></i></span>`}
        <p role="status">${working ? doing(step, draft) : "Waiting for your answer."}${queued > 0 && html` <span class="quiet">${waits(queued)}</span>`}</p>
        <button type="button" class="stop" disabled=${stopping} onClick=${() => stop(false)}>Stop</button>
        ${queued > 0 && html`<button type="button" class="stop" disabled=${stopping} onClick=${() => stop(true)}>Stop everything</button>`}
      </div>
    </div>`;
}

function doing(step, draft) {
  if (draft?.text) return "Writing…";
  if (step?.kind === "tool" && !step.outcome) return `${step.title || step.tool}…`;
  return "Thinking…";
}

const waits = (count) => (count === 1 ? "One more message waits." : `${count} more messages wait.`);
