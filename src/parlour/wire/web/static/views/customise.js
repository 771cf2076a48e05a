// Shaping the next scenario before it begins: who is there, what is going on, what to aim for (specification 1.5, 7.5).
import { changeOf, fieldsFor, givenIn, mayChange } from "../customise-state.js";
import { html, useState } from "../html.js";
import { Face, Notice } from "./parts.js";

const PERSONAS_MAX = 5;

export function Customise({ api, state, choices, busy, onBegin, onCancel }) {
  const [wanted, setWanted] = useState(() => givenIn(choices));
  const [problem, setProblem] = useState(null);
  const [saving, setSaving] = useState(false);
  const set = (part, value) => setWanted((before) => ({ ...before, [part]: value }));
  const toggle = (part, id) => set(part, wanted[part].includes(id) ? wanted[part].filter((other) => other !== id) : [...wanted[part], id]);

  const submit = async (event) => {
    event.preventDefault();
    setProblem(null);
    if (wanted.personas.length === 0) {
      setProblem("Choose at least one person to talk with.");
      return;
    }
    const values = changeOf(choices, wanted);
    setSaving(true);
    try {
      await onBegin(values && await draftOf(api, state, choices, values));
    } catch (refusal) {
      setProblem(refusal.detail);
    }
    setSaving(false);
  };
  return html`
    <form class="shape" onSubmit=${submit}>
      <${Notice} text=${problem} />
      ${mayChange(choices, "personas") && html`
        <fieldset><legend>Who is there</legend>${choices.personas.map((persona) => {
          const chosen = wanted.personas.includes(persona.persona_id);
          return html`
            <label class="option" key=${persona.persona_id}>
              <input type="checkbox" checked=${chosen} disabled=${!chosen && wanted.personas.length >= PERSONAS_MAX} onChange=${() => toggle("personas", persona.persona_id)} />
              <${Face} name=${persona.name} color=${persona.color} icon=${persona.icon} />
              <span><strong>${persona.name}</strong><br /><span class="quiet small">${persona.description}</span></span>
            </label>`;
        })}</fieldset>`}
      ${mayChange(choices, "parameters") && fieldsFor(choices, wanted).map((field) => html`
        <${Field} key=${field.name} field=${field} value=${wanted.parameters[field.name] ?? ""} onValue=${(value) => set("parameters", { ...wanted.parameters, [field.name]: value })} />`)}
      ${mayChange(choices, "situation") && html`<div><label for="situation">The situation</label>
        <textarea id="situation" value=${wanted.situation} maxlength="2000" onInput=${(event) => set("situation", event.target.value)}></textarea></div>`}
      ${mayChange(choices, "objectives") && html`<div><label for="objectives">What to aim for, one in a line</label>
        <textarea id="objectives" value=${wanted.objectives} maxlength="2000" onInput=${(event) => set("objectives", event.target.value)}></textarea></div>`}
      ${mayChange(choices, "documents") && choices.documents.length > 0 && html`
        <fieldset><legend>Documents</legend>${choices.documents.map((document) => html`
          <label class="check" key=${document.document_id}><input type="checkbox" checked=${wanted.documents.includes(document.document_id)}
            onChange=${() => toggle("documents", document.document_id)} />${document.name}</label>`)}</fieldset>`}
      <div class="row">
        <button type="submit" class="primary" disabled=${busy || saving}>${busy || saving ? "One moment…" : "Start it like this"}</button>
        <button type="button" class="plain" onClick=${onCancel}>Leave it as it is</button>
      </div>
    </form>`;
}

async function draftOf(api, state, choices, values) {
  const draft = await api.newDraft({ artifact_type: "chat", artifact_id: choices.chat_entry_id, attempt_id: state.attemptId });
  await api.changeDraft(draft.draft_id, { expected_version: draft.version, values });
  return draft.draft_id;
}

function Field({ field, value, onValue }) {
  const id = `field-${field.name}`;
  return html`
    <div><label for=${id}>${inWords(field.name)}</label>
      <input id=${id} list="${id}-known" value=${value} maxlength="500" onInput=${(event) => onValue(event.target.value)} />
      <datalist id="${id}-known">${field.values.map((known) => html`<option key=${known} value=${known} />`)}</datalist></div>`;
}

function inWords(name) {
  const words = name.replaceAll(/[_-]+/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
