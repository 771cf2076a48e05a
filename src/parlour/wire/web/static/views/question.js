// One question: its options, and after the answer whether it was right, and which options are (specification 6.5).
import { html, useEffect, useRef, useState } from "../html.js";

// `answers`: earlier answers, oldest first. `onGoOn`: given where something waits for the answer. `readOnly`: for staff,
// and once the conversation is over.
export function Question({ question, answers, onAnswer, onGoOn, readOnly, takeFocus }) {
  const [again, setAgain] = useState(false);
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const [fresh, setFresh] = useState(null);
  const heading = useRef(null);
  const given = answers.at(-1) ?? fresh;
  const asking = !readOnly && (again || !given);
  useEffect(() => {
    if (!takeFocus) return;
    heading.current.focus({ preventScroll: true });
    heading.current.parentElement.scrollIntoView({ block: "nearest" });
  }, [question.id, takeFocus]);

  const submit = async (event) => {
    event.preventDefault();
    const optionIds = new FormData(event.target).getAll("option");
    if (optionIds.length === 0) {
      setProblem(question.multiple ? "Choose at least one answer." : "Choose an answer.");
      return;
    }
    setBusy(true);
    setProblem(null);
    try {
      const ack = await onAnswer(question, optionIds);
      setFresh({ id: ack.response_id, optionIds, correct: ack.is_correct });
      setAgain(false);
      heading.current.focus({ preventScroll: true });
    } catch (refusal) {
      setProblem(refusal.detail);
    }
    setBusy(false);
  };
  const ask = (wanted) => {
    setAgain(wanted);
    heading.current.focus({ preventScroll: true });
  };
  const latest = fresh && !answers.some((answer) => answer.id === fresh.id) ? fresh : given;
  const name = `q-${question.id}`;
  return html`
    <section class="question" aria-labelledby=${name} data-state=${asking ? "open" : latest ? (latest.correct ? "right" : "wrong") : "none"}>
      <h3 id=${name} ref=${heading} tabindex="-1">${question.text}</h3>
      ${asking
        ? html`<${Asked} question=${question} name=${name} busy=${busy} problem=${problem} onSubmit=${submit} onCancel=${given && again ? () => ask(false) : null} />`
        : html`<${Told} question=${question} answer=${latest} first=${answers[0] ?? fresh} readOnly=${readOnly} />`}
      <div role="status" class="unseen">${!asking && fresh ? verdict(latest) : ""}</div>
      ${!asking && !readOnly && html`<div class="row">
        ${onGoOn && html`<button type="button" class="primary" onClick=${onGoOn}>Go on</button>`}
        <button type="button" class="plain" onClick=${() => ask(true)}>Answer again</button>
      </div>`}
    </section>`;
}

function Asked({ question, name, busy, problem, onSubmit, onCancel }) {
  return html`
    <form onSubmit=${onSubmit} aria-labelledby=${name}>
      <p class="quiet small">${question.multiple ? "Choose everything that fits." : "Choose one answer."}</p>
      <div class="options" role=${question.multiple ? "group" : "radiogroup"} aria-labelledby=${name}>
        ${question.options.map((option) => html`
          <label class="option" key=${option.id}>
            <input type=${question.multiple ? "checkbox" : "radio"} name="option" value=${option.id} />
            <span>${option.text}</span>
          </label>`)}
      </div>
      ${problem && html`<p class="option-problem" role="alert">${problem}</p>`}
      <div class="row">
        <button type="submit" class="primary" disabled=${busy}>${busy ? "Saving…" : "Answer"}</button>
        ${onCancel && html`<button type="button" class="plain" onClick=${onCancel}>Keep my answer</button>`}
      </div>
    </form>`;
}

function Told({ question, answer, first, readOnly }) {
  const chosen = (option) => answer?.optionIds.includes(option.id);
  const known = question.options.some((option) => option.correct != null);
  return html`
    ${answer
      ? html`<p class="verdict"><span class="tag" data-status=${answer.correct ? "passed" : "missed"}>${verdict(answer)}</span>${firstCounts(answer, first)}</p>`
      : html`<p class="quiet small">Not answered.</p>`}
    <ul class="options">
      ${question.options.map((option) => html`
        <li class="option" key=${option.id} data-chosen=${chosen(option) ? "yes" : undefined} data-right=${option.correct ? "yes" : undefined}>
          <span class="tick" aria-hidden="true">${option.correct ? "✓" : chosen(option) && known ? "✕" : chosen(option) ? "•" : ""}</span>
          <span>${option.text}</span>
          <span class="option-note">${note(option, chosen(option), readOnly)}</span>
        </li>`)}
    </ul>`;
}

const verdict = (answer) => (answer.correct ? "Right" : "Not quite");

function firstCounts(answer, first) {
  if (!first || first.id === answer.id) return null;
  return html` <span class="quiet small">Your first answer (${first.correct ? "right" : "not quite"}) is the one that counts. This one is for you.</span>`;
}

function note(option, chosen, readOnly) {
  const words = [chosen && (readOnly ? "chosen" : "your answer"), option.correct && "right answer"].filter(Boolean);
  return words.join(", ");
}
