// Quiz questions with their answers; more can be read from a file of another system.
import { html, useState } from "../../../html.js";
import { idOf, Ticked, Written } from "./field.js";
import { ImportQuestions } from "../import-questions.js";
import { Tools, useAdded } from "./lists.js";
import { Findings, Marks } from "./marks.js";

export function Questions({ open, api }) {
  const [importing, setImporting] = useState(false);
  const values = open.store.values().questions ?? [];
  const added = useAdded(open, "questions", "question_text");
  const add = () => {
    added();
    open.act({ op: "add", type: "questions", fields: { question_text: "", allow_multiple: false, times: [], options: [{ option_text: "", is_correct: true }, { option_text: "", is_correct: false }] } });
  };
  return html`
    <p class="quiet small lib-hint">The learner answers them beside the conversation. Without any, there is no quiz.</p>
    <ol class="lib-items">${values.map((value, at) => html`<${Question} key=${value.id} open=${open} value=${value} at=${at} many=${values.length} />`)}</ol>
    ${open.draft.may.edit && html`<div class="row"><button type="button" class="lib-add" onClick=${add}>Add a question</button>
      <button type="button" class="plain" onClick=${() => setImporting(true)}>Read questions from a file</button></div>`}
    ${importing && html`<${ImportQuestions} open=${open} api=${api} onClose=${() => setImporting(false)} />`}`;
}

function Question({ open, value, at, many }) {
  const place = { type: "questions", valueId: value.id, single: false };
  const options = value.fields.options ?? [];
  const what = `question ${at + 1}`;
  const may = open.draft.may.edit;
  const put = (next) => open.store.type(place, "options", next);
  const change = (index, fields) => put(options.map((option, each) => (each === index ? { ...option, ...fields }
    : fields.is_correct && !value.fields.allow_multiple ? { ...option, is_correct: false } : option)));
  return html`
    <li><div class="lib-item"><div class="lib-fields">
        <${Written} open=${open} place=${place} value=${value} field="question_text" label=${`Question ${at + 1}`} long rows=${2} />
        ${((open.store.values().videos ?? []).length > 0 || (value.fields.times ?? []).length > 0) && html`<${Times} open=${open} place=${place} value=${value} what=${what} />`}
        <${Ticked} open=${open} place=${place} value=${value} field="allow_multiple" label="Several answers can be right" />
        <ul class="lib-options">${options.map((option, index) => html`<li key=${index}>
          <label class="check"><input type=${value.fields.allow_multiple ? "checkbox" : "radio"} name=${`right-${value.id}`} checked=${option.is_correct} disabled=${!may} onChange=${(event) => change(index, { is_correct: event.target.checked })} />
            <span class="unseen">Answer ${index + 1} of ${what} is right</span></label>
          <label class="unseen" for=${`option-${value.id}-${index}`}>Answer ${index + 1} of ${what}</label>
          <input id=${`option-${value.id}-${index}`} value=${option.option_text} readOnly=${!may} maxlength="2000" placeholder=${`Answer ${index + 1}`} onInput=${(event) => change(index, { option_text: event.target.value })} />
          ${may && html`<button type="button" class="lib-tool" aria-label=${`Remove answer ${index + 1} of ${what}`} onClick=${() => put(options.filter((_each, other) => other !== index))}>×</button>`}
        </li>`)}</ul>
        <${Findings} open=${open} type="questions" valueId=${value.id} field="options" />
        ${may && html`<button type="button" class="plain lib-start" onClick=${() => put([...options, { option_text: "", is_correct: false }])}>Add an answer<span class="unseen"> to ${what}</span></button>`}
      </div><${Tools} open=${open} type="questions" value=${value} at=${at} many=${many} what=${what} /></div>
      <${Marks} open=${open} type="questions" value=${value} label=${what} /></li>`;
}

const secondsIn = (text) => [...new Set(text.split(/[^0-9]+/).filter(Boolean).map(Number))].filter((each) => each <= 86_400).sort((a, b) => a - b);

// Where it stops the video. What is typed stays as it is typed until the field is left.
function Times({ open, place, value, what }) {
  const [typed, setTyped] = useState(null);
  const id = idOf("questions", value.id, "times");
  const onInput = (event) => {
    setTyped(event.target.value);
    open.store.type(place, "times", secondsIn(event.target.value));
  };
  return html`<div class="lib-field"><label for=${id}>Stops the video at these seconds<span class="unseen"> (${what})</span></label>
    <input id=${id} inputmode="numeric" value=${typed ?? (value.fields.times ?? []).join(", ")} placeholder="30, 75" readOnly=${!open.draft.may.edit} onInput=${onInput} onBlur=${() => setTyped(null)} />
    <${Findings} open=${open} type="questions" valueId=${value.id} field="times" /></div>`;
}
