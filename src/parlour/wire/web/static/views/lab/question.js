// An open question as a form. Which members there are is told by its kind (lab protocol 6.3); words in the composer do as well.
import { html, useEffect, useRef, useState } from "../../html.js";
import { newRequestId } from "../../ids.js";
import { EXPIRY } from "../../lab-forms.js";
import { introOf } from "../../lab-words.js";
import { day } from "../parts.js";
import { Assigning } from "./assigning.js";
import { AuthorizeForm, SelectForm, SteerForm } from "./deciding.js";
import { FieldsForm } from "./fields.js";
import { itemOf, Sources } from "./sources.js";

const FORMS = { authorize: AuthorizeForm, collect: FieldsForm, verify: FieldsForm, select: SelectForm, instruct: SteerForm, comment: SteerForm };

// `own`: it belongs to this conversation, so that it may be given to a colleague.
export function LabQuestion({ lab, question, error, own, onShow }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const heading = useRef(null);
  const last = useRef({ said: null, key: null });
  useEffect(() => {
    if (!own) return;
    if (document.activeElement === document.body) heading.current.focus({ preventScroll: true });
    // Who follows the conversation to its end begins to read a long question at its beginning.
    const { top, bottom } = heading.current.parentElement.getBoundingClientRect();
    if (top < 0 && bottom <= innerHeight) heading.current.parentElement.scrollIntoView({ block: "start" });
  }, []);

  // The same answer again keeps its key: after a lost acknowledgement it has no second effect.
  const answer = async (given) => {
    const said = JSON.stringify(given);
    if (last.current.said !== said) last.current = { said, key: newRequestId() };
    setBusy(true);
    setProblem(null);
    try {
      await lab.store.answer(question, given, last.current.key);
    } catch (refusal) {
      setProblem(refusal.code === "question_closed" ? "This question was answered already, or its time is over." : refusal.detail);
      if (refusal.code === "question_closed") lab.store.load();
      setBusy(false);
    }
  };
  const Form = FORMS[question.kind];
  const id = `question-${question.question_id}`;
  const sources = question.references_detail.map((reference) => ({ numbers: [], reference }));
  return html`
    <section class="asks" data-kind=${question.kind} aria-labelledby=${id}>
      ${error && html`<p class="answer-error" role="note">${error.replace(/^[a-z_]+: /, "")}</p>`}
      <h3 id=${id} ref=${heading} tabindex="-1">${headingOf(question)}</h3>
      <${Form} lab=${lab} question=${question} busy=${busy} onAnswer=${answer} />
      ${question.extra_info && html`<details class="more"><summary>More</summary><p class="prose">${question.extra_info}</p></details>`}
      <${Sources} sources=${sources} onShow=${(reference) => onShow(itemOf(reference))} />
      ${problem && html`<p class="answer-error" role="alert">${problem}</p>`}
      <p class="quiet small">${question.expires_at && `Open until ${day(question.expires_at)}. `}${EXPIRY[question.on_expiry]}</p>
      ${own && html`<${Assigning} lab=${lab} question=${question} />`}
    </section>`;
}

function headingOf(question) {
  if (question.kind === "instruct") return "What I think";
  if (question.kind === "comment") return "What I did";
  return introOf(question.text) || question.text;
}
