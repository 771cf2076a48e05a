// What is linked: artifacts of the library, to choose by name. What was written inside this draft stands between them, to edit.
import { html, useEffect, useRef, useState } from "../../../html.js";
import { linkOf } from "../../../library-forms.js";
import { asText, labelOf, lower } from "../../../library-words.js";
import { toArtifact } from "../../../router.js";
import { Written } from "./field.js";
import { Tools, useAdded } from "./lists.js";
import { Marks } from "./marks.js";

export function Links({ open, api, about, part }) {
  const values = open.store.values()[part.type] ?? [];
  const to = linkOf(part, about);
  return html`
    <fieldset class="lib-group"><legend>${part.label}</legend>${part.hint && html`<p class="quiet small lib-hint">${part.hint}</p>`}
      <${LinkedList} open=${open} type=${part.type} values=${values} to=${to} />
      ${open.draft.may.edit && to && html`<${Picker} api=${api} to=${to} words=${part.add} taken=${values.map((each) => each.id)}
        onPick=${(card) => open.act({ op: "link", type: part.type, artifact_id: card.id })} />`}
      ${open.draft.may.edit && part.write && html`<${WriteHere} open=${open} part=${part} />`}
    </fieldset>`;
}

// Begins one inside this draft.
function WriteHere({ open, part }) {
  const added = useAdded(open, part.type, "name");
  const add = () => { added(); open.act({ op: "add", type: part.type, fields: part.write.fields }); };
  return html`<button type="button" class="lib-add" onClick=${add}>${part.write.words}</button>`;
}

// `Extra`: a component (the same one at every drawing) that is shown below each.
export function LinkedList({ open, api, type, values, to, Extra }) {
  return html`<ul class="lib-links">${values.map((value, at) => {
    const what = value.name || asText(value.fields) || "Without a name";
    return html`<li key=${value.id}><div class="lib-item">
      <div class="lib-fields">${value.linked ? html`<a href=${toArtifact(value.id)}>${what}</a>` : html`<${Made} open=${open} type=${type} value=${value} what=${labelOf(to ?? type)} />`}
        ${Extra && html`<${Extra} open=${open} api=${api} value=${value} />`}</div>
      <${Tools} open=${open} type=${type} value=${value} at=${at} many=${values.length} what=${what} /></div>
      <${Marks} open=${open} type=${type} value=${value} label=${what} /></li>`;
  })}</ul>`;
}

const FIELDS = { name: "Name", description: "Description", instructions: "Instructions", text: "Text" };

// Written inside this draft: published together with it.
function Made({ open, type, value, what }) {
  const place = { type, valueId: value.id, single: false };
  const shown = Object.keys(FIELDS).filter((field) => field in value.fields || field === "name" || field === "description");
  return html`<p class="quiet small">New ${lower(what)}, published together with this draft</p>
    ${shown.map((field) => html`<${Written} key=${field} open=${open} place=${place} value=${value} field=${field} label=${FIELDS[field]} long=${field !== "name"} />`)}`;
}

const WAIT_MS = 200;
const SLIP_PX = 8;
const SETTLE_MS = 60;

// What is pressed is what is chosen, also when the page moves, or the next answer comes, before it is let go.
function useSteady() {
  const held = useRef(null);
  const press = ({ button, clientX, clientY }, choose) => {
    if (button !== 0) return;
    const mine = { late: null };
    held.current = mine;
    const over = new AbortController();
    const letGo = () => setTimeout(() => {
      over.abort();
      if (held.current === mine) held.current = null;
      mine.late?.();
    }, SETTLE_MS);
    const onClick = (event) => {
      over.abort();
      if (Math.hypot(event.clientX - clientX, event.clientY - clientY) > SLIP_PX) return;
      event.stopPropagation();
      choose();
    };
    for (const name of ["pointerup", "pointercancel"]) addEventListener(name, letGo, { signal: over.signal });
    addEventListener("click", onClick, { capture: true, signal: over.signal });
  };
  const steady = (work) => { if (held.current) held.current.late = work; else work(); };
  return [press, steady];
}

// Chooses one artifact by name. Closed it is a button.
export function Picker({ api, to, words, about, taken = [], onPick }) {
  const [search, setSearch] = useState(null);
  const [cards, setCards] = useState(null);
  const [problem, setProblem] = useState(null);
  const box = useRef(null);
  const button = useRef(null);
  const [press, steady] = useSteady();
  useEffect(() => {
    if (search === null) return undefined;
    let old = false;
    const answer = (items, failure) => steady(() => {
      if (old) return;
      if (items) setCards(items);
      setProblem(failure);
    });
    const wait = setTimeout(() => {
      api.artifacts({ type: to, search, limit: 20 }).then(({ items }) => answer(items, null), (failure) => answer(null, failure.detail));
    }, search === "" ? 0 : WAIT_MS);
    return () => { old = true; clearTimeout(wait); };
  }, [search]);
  useEffect(() => { if (search === "") box.current?.focus(); }, [search === null]);
  const close = () => { setSearch(null); setTimeout(() => button.current?.focus()); };
  const onKeyDown = (event) => { if (event.key === "Escape") close(); };
  const id = `pick-${`${words}${about ?? ""}`.replaceAll(/\W+/g, "-")}`;
  const free = (cards ?? []).filter((card) => !taken.includes(card.id));
  const choose = (card) => { close(); onPick(card); };
  if (search === null) return html`<button type="button" class="lib-add" ref=${button} onClick=${() => setSearch("")}>${words}${about && html`<span class="unseen">${about}</span>`}</button>`;
  return html`
    <div class="lib-picker" onKeyDown=${onKeyDown}>
      <div class="row"><label class="unseen" for=${id}>${words}${about}: search</label>
        <input id=${id} ref=${box} type="search" value=${search} placeholder=${`Search ${labelOf(to).toLowerCase()}s`} onInput=${(event) => setSearch(event.target.value)} />
        <button type="button" class="plain" onClick=${close}>Close</button></div>
      ${problem && html`<p class="lib-finding" data-severity="error">${problem}</p>`}
      <ul role="list">${free.map((card) => html`<li key=${card.id}><button type="button" class="lib-pick" onPointerDown=${(event) => press(event, () => choose(card))} onClick=${() => choose(card)}>
        <strong>${card.name}</strong>${card.description && html`<span class="quiet small lib-cut">${card.description}</span>`}</button></li>`)}</ul>
      ${free.length === 0 && !problem && html`<p class="quiet small" role="status">${cards ? "Nothing to choose here yet." : "Looking…"}</p>`}
    </div>`;
}
