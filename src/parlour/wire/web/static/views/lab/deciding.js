// Forms that decide: allow or refuse an operation, choose among candidates, steer a thought or a result.
import { html, useState } from "../../html.js";
import { choiceRule, OUTCOMES, shownValue } from "../../lab-forms.js";
import { labelOf, labelsOf } from "../../lab-words.js";
import { Words } from "./words.js";

const NOTE_MAX = 2_000;

export function Values({ values, labels = {} }) {
  const rows = Object.entries(values ?? {});
  if (rows.length === 0) return null;
  return html`<dl class="values">${rows.map(([key, value]) => html`<div key=${key}><dt>${labels[key] ?? labelOf(key)}</dt><dd class="prose">${shownValue(value)}</dd></div>`)}</dl>`;
}

export function AuthorizeForm({ question, busy, onAnswer }) {
  const [note, setNote] = useState("");
  const { operation } = question;
  const decide = (decision) => onAnswer(note.trim() ? { decision, note: note.trim() } : { decision });
  const id = `note-${question.question_id}`;
  return html`
    <${Values} values=${operation.arguments} labels=${labelsOf(question.text)} />
    <p class="quiet small">Tool: <code>${operation.tool}</code>. Nothing happens before you approve, and then exactly this, once.</p>
    <div><label for=${id}>Note, if you like</label>
      <input id=${id} value=${note} maxlength=${NOTE_MAX} onInput=${(event) => setNote(event.target.value)} /></div>
    <div class="row decide">
      <button type="button" class="primary" disabled=${busy} onClick=${() => decide("allow")}>Approve</button>
      <button type="button" disabled=${busy} onClick=${() => decide("deny")}>Refuse</button>
    </div>`;
}

export function SelectForm({ question, busy, onAnswer }) {
  const [chosen, setChosen] = useState([]);
  const { min, max, options } = question;
  const one = (max ?? options.length) === 1 && min > 0;
  const full = max != null && chosen.length >= max;
  const toggle = (index, on) => setChosen(one ? [index] : on ? [...chosen, index] : chosen.filter((other) => other !== index));
  const submit = (event) => {
    event.preventDefault();
    onAnswer({ choices: [...chosen].sort((left, right) => left - right) });
  };
  return html`
    <form onSubmit=${submit}>
      <fieldset class="options"><legend class="quiet small">${choiceRule(question)}</legend>
        ${options.map((option) => html`
          <div class="candidate" key=${option.index}>
            <label class="option"><input type=${one ? "radio" : "checkbox"} name=${question.question_id} checked=${chosen.includes(option.index)}
              disabled=${!one && full && !chosen.includes(option.index)} onChange=${(event) => toggle(option.index, event.target.checked)} />
              <span>${option.index}. ${option.title}</span></label>
            <${Detail} text=${option.detail} />
          </div>`)}
      </fieldset>
      <div class="row decide">
        <button type="submit" class="primary" disabled=${busy || chosen.length < min}>${chosen.length === 0 && min === 0 ? "Choose none" : "Choose"}</button>
        <button type="button" disabled=${busy} onClick=${() => onAnswer({ abandon: true })}>Drop it</button>
      </div>
    </form>`;
}

const SHORT = 160;

function Detail({ text }) {
  if (!text) return null;
  return text.length <= SHORT ? html`<p class="candidate-detail small">${text}</p>`
    : html`<details class="candidate-detail small"><summary>${text.slice(0, SHORT).trimEnd()}…</summary><p class="prose">${text}</p></details>`;
}

// instruct: a thought before it is carried out. comment: a result before the next thought.
export function SteerForm({ question, busy, onAnswer }) {
  const [text, setText] = useState("");
  const thought = question.kind === "instruct";
  const { proposal } = question;
  const say = () => onAnswer({ decision: thought ? "advise" : "comment", text: text.trim() });
  const id = `advice-${question.question_id}`;
  return html`
    ${thought ? html`<${Thought} proposal=${proposal} />` : html`<${Deed} proposal=${proposal} />`}
    <div><label for=${id}>${thought ? "Your advice" : "Your comment"}</label>
      <textarea id=${id} rows="2" maxlength="32000" value=${text} onInput=${(event) => setText(event.target.value)}></textarea></div>
    <div class="row decide">
      <button type="button" class=${text.trim() ? "" : "primary"} disabled=${busy} onClick=${() => onAnswer({ decision: "continue" })}>Continue</button>
      <button type="button" class=${text.trim() ? "primary" : ""} disabled=${busy || !text.trim()} onClick=${say}>${thought ? "Give this advice" : "Send this comment"}</button>
      <button type="button" class="stop" disabled=${busy} onClick=${() => onAnswer({ decision: "stop" })}>Stop here</button>
    </div>`;
}

function Thought({ proposal }) {
  if (!proposal) return null;
  return html`
    <p class="prose">${proposal.thought}</p>
    ${proposal.answer != null && html`<p class="quiet small">It would now answer:</p><blockquote><${Words} text=${proposal.answer} /></blockquote>`}
    ${proposal.tool && html`<p class="quiet small">It would now use <code>${proposal.tool}</code></p><${Arguments} given=${proposal.arguments} />`}`;
}

function Deed({ proposal }) {
  if (!proposal) return null;
  return html`
    <p><code>${proposal.tool}</code> <span class="tag">${proposal.outcome.split(", ").map((each) => OUTCOMES[each] ?? each).join(", ")}</span></p>
    <${Arguments} given=${proposal.arguments} />
    ${proposal.output && html`<blockquote class="prose">${proposal.output}</blockquote>`}`;
}

// Several calls of one thought come as a list; the same arguments are shown once.
function Arguments({ given }) {
  const calls = Array.isArray(given?.calls) ? [...new Map(given.calls.map((call) => [JSON.stringify(call), call])).values()] : [given];
  return calls.map((call, index) => html`<${Values} key=${index} values=${call} />`);
}
