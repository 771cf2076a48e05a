// The people of a cohort, found by their names.
import { html, useState } from "../../../html.js";
import { Tools } from "./lists.js";

export function People({ open, api, part }) {
  const values = open.store.values()[part.type] ?? [];
  return html`
    <ul class="lib-links">${values.map((value, at) => {
      const name = value.name || open.names.get(value.id) || value.fields.user_id || "Somebody";
      return html`<li key=${value.id}><div class="lib-item"><span class="lib-person-name">${name}${value.fields.user_id && value.fields.user_id !== name ? html` <span class="quiet">${value.fields.user_id}</span>` : ""}</span>
        <${Tools} open=${open} type=${part.type} value=${value} at=${at} many=${1} what=${name} /></div></li>`;
    })}</ul>
    ${open.draft.may.edit && html`<${AddPerson} open=${open} api=${api} part=${part} taken=${values.map((each) => each.fields.user_id)} />`}`;
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
