// What stands beside a value: who made it, what it rests on, and whether a person has accepted it.
import { html, useState } from "../../../html.js";
import { asText, madeBy, maker, SEVERITIES } from "../../../library-words.js";
import { settled } from "../../../draft-state.js";

export function Marks({ open, type, value, label }) {
  const [asking, setAsking] = useState(false);
  if (!value || value.linked && value.state !== "proposed") return null;
  const who = madeBy(value);
  const proposed = value.state === "proposed";
  if (!who && !proposed && value.spans.length === 0 && !value.unsupported) return null;
  const may = open.draft.may.edit;
  const one = (op) => open.act({ op, type, value_id: value.id });
  const about = html`<span class="unseen"> ${label}</span>`;
  return html`
    <div class="lib-marks">
      <span class="lib-who">${proposed ? "Proposed" : "Written"} by ${who ? who.split(",")[0] : "the assistant"}${maker(value) && html`<span class="quiet"> (${maker(value)})</span>`}${who?.includes(",") ? `,${who.split(",")[1]}` : ""}</span>
      ${proposed && may && html`
        <button type="button" class="lib-small" onClick=${() => one("accept")}>Accept${about}</button>
        <button type="button" class="lib-small" onClick=${() => one("refuse")}>Refuse${about}</button>`}
      ${may && !value.linked && html`<button type="button" class="plain" aria-expanded=${asking} onClick=${() => setAsking(!asking)}>Ask for another${about}</button>`}
      ${asking && html`<${Another} open=${open} type=${type} value=${value} label=${label} onDone=${() => setAsking(false)} />`}
      <${Basis} open=${open} value=${value} />
    </div>`;
}

function Another({ open, type, value, label, onDone }) {
  const [wish, setWish] = useState("");
  const [busy, setBusy] = useState(false);
  const id = `another-${type}-${value.id}`;
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    const asked = await open.generate({ types: [type], instructions: wish.trim(), metadata: { value_id: value.id } });
    setBusy(false);
    if (asked) onDone();
  };
  return html`
    <form class="lib-another" onSubmit=${submit}>
      <label for=${id}>What should be different? <span class="unseen">${label}</span></label>
      <div class="row"><input id=${id} value=${wish} maxlength="2000" placeholder="Shorter, and less polite" onInput=${(event) => setWish(event.target.value)} />
        <button type="submit" disabled=${busy}>${busy ? "One moment…" : "Write it again"}</button></div>
    </form>`;
}

// The words of the sources that a value rests on.
function Basis({ open, value }) {
  const sources = new Map((open.draft.sources ?? []).map((source) => [source.id, source.name]));
  if (value.unsupported) return html`<p class="lib-unsupported small">It names sources, but its quotes are not in them. Please check it.</p>`;
  if (value.spans.length === 0) return null;
  return html`<details class="lib-basis small"><summary>From ${value.spans.length === 1 ? "a source" : `${value.spans.length} places in sources`}</summary>
    <ul>${value.spans.map((span, at) => html`<li key=${at}><q>${span.quote}</q> <span class="quiet">${sources.get(span.source_id) ?? "A source that was taken away"}</span></li>`)}</ul></details>`;
}

// What is wrong with just this field.
export function Findings({ open, type, valueId, field, single }) {
  const found = (open.findings ?? []).filter((each) => each.type === type && each.field === field && (single || each.value_id === valueId));
  return found.map((each) => html`<${Finding} key=${each.code + each.message} finding=${each} />`);
}

export function Finding({ finding, children }) {
  const { sign, word } = SEVERITIES[finding.severity];
  return html`
    <p class="lib-finding" data-severity=${finding.severity}><span class="lib-sign" aria-hidden="true">${sign}</span>
      <span><span class="unseen">${word}: </span>${finding.message}${finding.advice && html` <span class="lib-advice">${finding.advice}</span>`}${children}</span></p>`;
}

// Somebody else wrote into the same field meanwhile.
export function Clash({ open, place, field }) {
  const { store } = open;
  const clash = store.state.clashes.find((each) => each.type === place.type && each.field === field && (place.single || each.valueId === place.valueId));
  if (!clash) return null;
  const keep = () => store.set(settled(store.state, clash));
  const take = () => { store.type(place, field, clash.theirs); store.set(settled(store.state, clash)); };
  return html`
    <div class="lib-clash" role="status"><p>Somebody else changed this too. Yours is kept. Theirs was: <q>${asText(clash.theirs)}</q></p>
      <span class="row"><button type="button" class="lib-small" onClick=${take}>Take theirs</button><button type="button" class="lib-small" onClick=${keep}>Keep mine</button></span></div>`;
}
