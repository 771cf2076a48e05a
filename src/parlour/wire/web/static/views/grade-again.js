// Asking for another grade: of what, and with which words to the grader (specification 7.12, 6.4.6).
import { html, useState } from "../html.js";
import { Dialog } from "./dialog.js";
import { Notice } from "./parts.js";

const KINDS = [
  ["feedbacks", "The level of every criterion"], ["strengths", "What went well"], ["highlights", "Words that show it"],
  ["improvements", "What to try"], ["replacements", "Other words to use"], ["analyses", "A closer look"],
];
const WORDS_MAX = 2_000;

// `branchId`: grade that branch in place of the conversation as it stands.
export function GradeAgain({ state, chat, call, branchId, onClose }) {
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const earlier = Boolean(state.grades[chat.id]);
  const submit = async (event) => {
    event.preventDefault();
    const fields = new FormData(event.target);
    const kinds = fields.getAll("kind");
    const words = fields.get("words").trim();
    if (kinds.length === 0) {
      setProblem("Choose at least one thing to look at.");
      return;
    }
    setBusy(true);
    try {
      await call("attempt_grade", {
        attempt_id: state.attemptId, chat_id: chat.id, resource_types: kinds.length === KINDS.length ? null : kinds,
        user_instructions: words ? [words] : null, branch_message_id: branchId ?? null,
      });
      onClose();
    } catch (refusal) {
      setProblem(refusal.detail);
      setBusy(false);
    }
  };
  return html`
    <${Dialog} title=${branchId ? "Grade this branch" : earlier ? "Ask for another grade" : "Grade this conversation"} kind="form" onClose=${onClose}>
      ${(branchId || earlier) && html`<p class="quiet">${branchId ? "The grade of the conversation stays what it is." : "The grade so far is kept; the newest one counts."}</p>`}
      <${Notice} text=${problem} />
      <form onSubmit=${submit}>
        <fieldset><legend>What to look at</legend>
          ${KINDS.map(([kind, words]) => html`<label class="check" key=${kind}><input type="checkbox" name="kind" value=${kind} defaultChecked=${true} />${words}</label>`)}
        </fieldset>
        <div>
          <label for="grader-words">${state.own ? "A remark for the grader, if you like" : "Instructions to the grader, if any"}</label>
          <textarea id="grader-words" name="words" rows="3" maxlength=${WORDS_MAX}></textarea>
          ${state.own && html`<p class="quiet small">It is read to the grader, and does not change the levels.</p>`}
        </div>
        <div class="row end"><button type="submit" class="primary" disabled=${busy}>${busy ? "Asking…" : "Grade"}</button></div>
      </form>
    <//>`;
}
