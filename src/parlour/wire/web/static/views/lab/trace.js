// How an answer came about: the steps of its turn, read when they are asked for (lab protocol 5.5).
import { html, useState } from "../../html.js";
import { OUTCOMES, shownValue } from "../../lab-forms.js";

const KINDS = { think: "Thought", tool: "Action", question: "Question", speech: "Speech" };

export function Trace({ api, turnId }) {
  const [turn, setTurn] = useState(null);
  const [problem, setProblem] = useState(null);
  const read = async (event) => {
    if (!event.currentTarget.open || turn) return;
    try {
      setTurn(await api.turn(turnId));
      setProblem(null);
    } catch (failure) {
      setProblem(failure.detail);
    }
  };
  return html`
    <details class="trace" onToggle=${read}>
      <summary>How this came about</summary>
      ${problem && html`<p role="alert">${problem}</p>`}
      ${turn && html`<ol>${turn.steps.map((step, index) => html`<${Step} key=${index} step=${step} />`)}</ol>
        ${turn.steps.length === 0 && html`<p class="quiet">No steps.</p>`}`}
    </details>`;
}

function Step({ step }) {
  const given = step.arguments && typeof step.arguments === "object" ? Object.entries(step.arguments) : [];
  const outcome = step.kind !== "think" && step.outcome;
  return html`
    <li data-kind=${step.kind}>
      <p><span class="step-kind">${KINDS[step.kind] ?? step.kind}</span> <span class="step-title">${step.title}</span>
        ${outcome && html` <span class="tag" data-status=${["failed", "refused", "unknown", "error"].includes(outcome) ? "missed" : undefined}>${OUTCOMES[outcome] ?? outcome}</span>`}</p>
      ${step.kind === "tool" && html`<p class="quiet small"><code>${step.tool}</code>${given.length > 0 && html` ${given.map(([name, value]) => `${name}: ${shownValue(value)}`).join(" · ")}`}</p>`}
      ${typeof step.arguments === "string" && html`<p class="quiet small">${step.arguments}</p>`}
    </li>`;
}
