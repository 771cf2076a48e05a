// Lists of values: texts, pairs of name and value, and values with several fields.
import { html, useEffect, useRef } from "../../../html.js";
import { inWords } from "../../../library-words.js";
import { toArtifact } from "../../../router.js";
import { idOf, Ticked, Written } from "./field.js";
import { Marks } from "./marks.js";

// After something was added, its first field takes the focus.
export function useAdded(open, type, field) {
  const wanted = useRef(null);
  const many = (open.store.values()[type] ?? []).length;
  useEffect(() => {
    if (wanted.current === null || many <= wanted.current) return;
    wanted.current = null;
    document.getElementById(idOf(type, open.store.values()[type].at(-1).id, field))?.focus();
  }, [many]);
  return () => { wanted.current = many; };
}

export function Tools({ open, type, value, at, many, what, onMove }) {
  if (!open.draft.may.edit) return null;
  const move = (to) => (onMove ? onMove(to) : open.act({ op: "move", type, value_id: value.id, position: to }));
  return html`
    <span class="lib-tools">
      ${many > 1 && html`<button type="button" class="lib-tool" disabled=${at === 0} aria-label=${`Move ${what} up`} onClick=${() => move(at - 1)}>↑</button>
        <button type="button" class="lib-tool" disabled=${at === many - 1} aria-label=${`Move ${what} down`} onClick=${() => move(at + 1)}>↓</button>`}
      <button type="button" class="lib-tool" aria-label=${`Remove ${what}`} onClick=${() => open.act({ op: "remove", type, value_id: value.id })}>×</button>
    </span>`;
}

export function TextList({ open, part }) {
  const values = open.store.values()[part.type] ?? [];
  const added = useAdded(open, part.type, part.field);
  const add = () => { added(); open.act({ op: "add", type: part.type, fields: { [part.field]: "" } }); };
  return html`
    <fieldset class="lib-group"><legend>${part.label}</legend>${part.hint && html`<p class="quiet small lib-hint">${part.hint}</p>`}
      <ol class="lib-items">${values.map((value, at) => {
        const label = `${part.item} ${at + 1}`;
        return html`<li key=${value.id}><div class="lib-item">
          <${Written} open=${open} place=${{ type: part.type, valueId: value.id, single: false }} value=${value} field=${part.field} label=${label} quiet long rows=${part.long ? 3 : 1} />
          <${Tools} open=${open} type=${part.type} value=${value} at=${at} many=${values.length} what=${label} /></div>
          <${Marks} open=${open} type=${part.type} value=${value} label=${label} /></li>`;
      })}</ol>
      ${open.draft.may.edit && html`<button type="button" class="lib-add" onClick=${add}>${part.add}</button>`}
    </fieldset>`;
}

// Values of several fields, as the server names them.
export function PlainList({ open, part }) {
  const values = open.store.values()[part.type] ?? [];
  const fields = part.fields.filter((field) => !field.name.endsWith("_ids") && field.name !== "updated_at");
  const added = useAdded(open, part.type, fields[0]?.name);
  const add = () => { added(); open.act({ op: part.single ? "put" : "add", type: part.type, fields: part.fresh ?? {} }); };
  return html`
    <fieldset class="lib-group"><legend>${part.label}</legend>${part.hint && html`<p class="quiet small lib-hint">${part.hint}</p>`}
      <ol class="lib-items">${values.map((value, at) => {
        const what = `${part.item ?? part.label} ${at + 1}`;
        const place = { type: part.type, valueId: value.id, single: false };
        return html`<li key=${value.id}><div class="lib-item"><div class="lib-fields">${value.linked ? html`<a href=${toArtifact(value.id)}>${value.name ?? "Something you may not read"}</a>` : fields.map((field) => html`<${AnyField} key=${field.name} open=${open} place=${place} value=${value} field=${field} after=${`of ${what}`} />`)}</div>
          <${Tools} open=${open} type=${part.type} value=${value} at=${at} many=${values.length} what=${what} /></div><${Marks} open=${open} type=${part.type} value=${value} label=${what} /></li>`;
      })}</ol>
      ${open.draft.may.edit && (!part.single || values.length === 0) && html`<button type="button" class="lib-add" onClick=${add}>${part.add}</button>`}
    </fieldset>`;
}

function AnyField({ open, place, value, field, after }) {
  const label = field.label ?? inWords(field.name);
  if (field.kind === "bool") return html`<${Ticked} open=${open} place=${place} value=${value} field=${field.name} label=${label} after=${after} />`;
  if (field.kind === "any" || field.kind === "any[]") return null;
  if (field.choices) return html`<${Chosen} open=${open} place=${place} value=${value} field=${field.name} label=${label} options=${field.choices.map((each) => [each, inWords(each)])} />`;
  const number = field.kind === "int" || field.kind === "number";
  return html`<${Written} open=${open} place=${place} value=${value} field=${field.name} label=${label} after=${after} long=${field.long} number=${number} step=${field.kind === "number" ? "any" : 1} />`;
}

export function Chosen({ open, place, value, field, label, options, quiet }) {
  const id = idOf(place.type, place.single ? null : place.valueId, field);
  const now = value?.fields[field] ?? "";
  return html`<div class="lib-field"><label for=${id} class=${quiet ? "unseen" : undefined}>${label}</label>
    <select id=${id} value=${now} disabled=${!open.draft.may.edit} onChange=${(event) => open.store.type(place, field, event.target.value)}>
      ${!options.some(([key]) => key === now) && html`<option value=${now}>${now || "Choose…"}</option>`}
      ${options.map(([key, words]) => html`<option key=${key} value=${key} selected=${key === now}>${words}</option>`)}</select></div>`;
}

// Details that fill placeholders: a name and a value side by side.
export function Pairs({ open, part }) {
  const fields = [{ name: "name", kind: "string" }, { name: "value", kind: "string" }];
  const wanted = [...new Set((open.findings ?? []).filter((each) => each.code.endsWith(".unfilled")).map((each) => each.quote?.replace(/[{}\s]/g, "")).filter(Boolean))]
    .filter((name) => !(open.store.values()[part.type] ?? []).some((each) => each.fields.name === name));
  const added = useAdded(open, part.type, "value");
  const adding = useRef(new Set());
  // A second press before the first is saved adds nothing more.
  const add = async (name) => {
    if (adding.current.has(name)) return;
    adding.current.add(name);
    added();
    await open.act({ op: "add", type: part.type, fields: { name, value: "" } });
    adding.current.delete(name);
  };
  return html`<div class="lib-pairs"><${PlainList} open=${open} part=${{ ...part, fields, single: false }} />
    ${open.draft.may.edit && wanted.map((name) => html`<button type="button" key=${name} class="lib-add" onClick=${() => add(name)}>Say what “${name}” is</button>`)}</div>`;
}
