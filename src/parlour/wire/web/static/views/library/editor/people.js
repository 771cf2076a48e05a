// The people of a cohort, found by their names or given by their sign-in names; and who plays which persona.
import { html, useState } from "../../../html.js";
import { Picker } from "./links.js";
import { Tools } from "./lists.js";
import { Finding, Findings } from "./marks.js";

export function People({ open, api, part }) {
  const values = open.store.values()[part.type] ?? [];
  const taken = values.map((each) => each.fields.user_id);
  return html`
    <ul class="lib-links">${values.map((value, at) => {
      const name = value.name || open.names.get(value.id) || value.fields.user_id || "Somebody";
      return html`<li key=${value.id}><div class="lib-item"><span class="lib-person-name">${name}${value.fields.user_id && value.fields.user_id !== name ? html` <span class="quiet">${value.fields.user_id}</span>` : ""}</span>
        <${Tools} open=${open} type=${part.type} value=${value} at=${at} many=${1} what=${name} /></div>
        <${Findings} open=${open} type=${part.type} valueId=${value.id} field="user_id" />
        ${part.plays && value.linked && html`<${Plays} open=${open} api=${api} profileId=${value.id} name=${name} />`}</li>`;
    })}</ul>
    ${open.draft.may.edit && html`<${AddPerson} open=${open} api=${api} part=${part} taken=${taken} /><${AddSeveral} open=${open} api=${api} part=${part} taken=${taken} />`}`;
}

const PLAYS = "profile_personas";

// As whom a learner speaks in the conversations.
function Plays({ open, api, profileId, name }) {
  const value = (open.store.values()[PLAYS] ?? []).find((each) => each.fields.profile_id === profileId) ?? null;
  const may = open.draft.may.edit;
  const choose = (card) => {
    open.names.set(card.id, card.name);
    open.act({ op: "add", type: PLAYS, fields: { profile_id: profileId, persona_id: card.id } });
  };
  const found = (open.findings ?? []).filter((each) => value && each.type === PLAYS && each.value_id === value.id);
  return html`<div class="lib-around lib-plays"><span class="lib-inline">${value ? html`Plays <strong>${open.nameOf(value.fields.persona_id)}</strong>` : html`<span class="quiet small">Speaks as themselves</span>`}
      ${may && value && html`<button type="button" class="plain" onClick=${() => open.act({ op: "remove", type: PLAYS, value_id: value.id })}>As themselves<span class="unseen">: ${name}</span></button>`}</span>
    ${may && !value && html`<${Picker} api=${api} to="persona" words="Choose a persona to play" about=${` for ${name}`} onPick=${choose} />`}
    ${found.map((each) => html`<${Finding} key=${each.code} finding=${each} />`)}</div>`;
}

function AddPerson({ open, api, part, taken }) {
  const [words, setWords] = useState("");
  const [found, setFound] = useState(null);
  const id = `find-${part.type}`;
  const search = async (event) => {
    event.preventDefault();
    const page = await open.attempt(() => api.accounts(words.trim()));
    if (page) setFound(page.items.filter((each) => !taken.includes(each.user_id)));
  };
  const add = async (person) => {
    open.names.set(person.profile_id, person.name);
    await open.act({ op: "link", type: part.type, artifact_id: person.profile_id });
    setFound((before) => before.filter((each) => each !== person));
  };
  return html`
    <form class="lib-find" onSubmit=${search}><label for=${id}>${part.add}</label>
      <div class="row"><input id=${id} type="search" value=${words} maxlength="100" placeholder="Name or sign-in name" onInput=${(event) => setWords(event.target.value)} />
        <button type="submit">Search</button></div></form>
    ${found && html`<ul class="lib-found" aria-label="Found">${found.map((person) => html`<li key=${person.profile_id}><span>${person.name} <span class="quiet">${person.user_id}</span></span>
      <button type="button" class="lib-small" onClick=${() => add(person)}>Add<span class="unseen"> ${person.name}</span></button></li>`)}</ul>
      ${found.length === 0 && html`<p class="quiet small" role="status">Nobody else of this name.</p>`}`}`;
}

const SEVERAL_MAX = 100;

export const idsIn = (text) => [...new Set(text.split(/[\s,;]+/).filter(Boolean))].slice(0, SEVERAL_MAX);

// A list of sign-in names at once. Who is not found stays in the field.
function AddSeveral({ open, api, part, taken }) {
  const [text, setText] = useState("");
  const [told, setTold] = useState("");
  const [busy, setBusy] = useState(false);
  const id = `several-${part.type}`;
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setTold("");
    const done = await open.attempt(async () => {
      const [found, missing] = await lookedUp(api, idsIn(text).filter((each) => !taken.includes(each)));
      for (const person of found) open.names.set(person.profile_id, person.name);
      if (found.length > 0) await open.store.act(found.map((person) => ({ op: "link", type: part.type, artifact_id: person.profile_id })));
      return { count: found.length, missing };
    });
    setBusy(false);
    if (!done) return;
    setText(done.missing.join("\n"));
    setTold([`${done.count === 1 ? "One person was" : `${done.count} people were`} added.`, done.missing.length > 0 && `Not among the people you see: ${done.missing.join(", ")}.`].filter(Boolean).join(" "));
  };
  return html`
    <details class="lib-several"><summary class="small">Add several by their sign-in names</summary>
      <form class="lib-find" onSubmit=${submit}><label for=${id}>Sign-in names, one in a line<span class="unseen">: ${part.label}</span></label>
        <textarea id=${id} rows="3" maxlength="8000" value=${text} spellcheck=${false} onInput=${(event) => setText(event.target.value)}></textarea>
        <button type="submit" class="lib-small" disabled=${busy || !text.trim()}>${busy ? "One moment…" : "Add them"}</button>
        <p class="small" role="status">${told}</p></form></details>`;
}

async function lookedUp(api, ids) {
  const found = [];
  const missing = [];
  for (const id of ids) {
    const person = (await api.accounts(id)).items.find((each) => each.user_id === id);
    if (person) found.push(person);
    else missing.push(id);
  }
  return [found, missing];
}
