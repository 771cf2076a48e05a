// Forms with fields: what the assistant needs (collect), or what it asks to check (verify).
import { html, useEffect, useState } from "../../html.js";
import { collected, firstValues, isChanged, verified } from "../../lab-forms.js";

const HINTS = { duration: "Such as 2h30m, 90 min or 3 days", number: null, date: null };

export function FieldsForm({ lab, question, busy, onAnswer }) {
  const [values, setValues] = useState(() => firstValues(question));
  const [problem, setProblem] = useState(null);
  const checks = question.kind === "verify";
  const changed = checks && isChanged(question, values);
  const submit = (event) => {
    event.preventDefault();
    const answer = checks ? verified(question, values) : collected(question, values);
    setProblem(answer ? null : "Fill in at least one field.");
    if (answer) onAnswer(answer);
  };
  const drop = () => onAnswer(checks ? { decision: "abandon" } : { abandon: true });
  return html`
    <form class="fields" onSubmit=${submit}>
      ${question.fields.map((field) => html`<${Field} key=${field.key} lab=${lab} field=${field} id=${`field-${question.question_id}-${field.key}`}
        value=${values[field.key] ?? ""} onValue=${(value) => setValues({ ...values, [field.key]: value })} />`)}
      ${problem && html`<p class="answer-error" role="alert">${problem}</p>`}
      <div class="row decide">
        <button type="submit" class="primary" disabled=${busy}>${!checks ? "Give these" : changed ? "Change to this" : "Confirm"}</button>
        <button type="button" disabled=${busy} onClick=${drop}>Drop it</button>
      </div>
    </form>`;
}

function Field({ lab, field, id, value, onValue }) {
  const hint = HINTS[field.type];
  const shared = { id, value, required: field.required, "aria-describedby": hint ? `${id}-hint` : undefined, onInput: (event) => onValue(event.target.value) };
  return html`
    <div>
      <label for=${id}>${field.label}${!field.required && html` <span class="quiet">(if you like)</span>`}</label>
      <${Control} lab=${lab} field=${field} shared=${shared} />
      ${hint && html`<p class="quiet small" id=${`${id}-hint`}>${hint}</p>`}
    </div>`;
}

function Control({ lab, field, shared }) {
  if (field.choices) {
    return html`<select ...${shared}>${!field.choices.includes(shared.value) && html`<option value="">Choose</option>`}
      ${field.choices.map((choice) => html`<option key=${choice} value=${choice}>${choice}</option>`)}</select>`;
  }
  if (field.type === "file") return html`<${OwnFile} lab=${lab} shared=${shared} />`;
  if (field.type === "text") return html`<textarea rows="3" ...${shared}></textarea>`;
  if (field.type === "number") return html`<input type="number" step="any" ...${shared} />`;
  return html`<input type=${field.type === "date" ? "date" : "text"} autocomplete="off" ...${shared} />`;
}

// One of the files that are there already; a new one comes with the message box.
function OwnFile({ lab, shared }) {
  const [files, setFiles] = useState(null);
  useEffect(() => { lab.api.files().then((page) => setFiles(page.files), () => setFiles([])); }, []);
  const known = files?.some((file) => file.handle === shared.value);
  return html`
    <select ...${shared}>
      <option value="">${files ? "Choose one of your files" : "Loading…"}</option>
      ${shared.value && !known && html`<option value=${shared.value}>${shared.value}</option>`}
      ${files?.map((file) => html`<option key=${file.handle} value=${file.handle}>${file.name}</option>`)}
    </select>
    <p class="quiet small">For a new file, attach it below and send it as your answer.</p>`;
}
