// Publishing, with what keeps it back beside it.
import { html, useEffect, useState } from "../../html.js";
import { drafted, proposalsWords, refusalWords, unseen, verdictOf } from "../../library-words.js";
import { Dialog } from "../dialog.js";
import { Notice } from "../parts.js";
import { Field, Tick } from "../tests/fields.js";
import { Changes } from "./changes.js";
import { Conflicts } from "./conflicts.js";

export function Publish({ api, types, open, onPublished, children }) {
  const [asking, setAsking] = useState(false);
  const { draft, findings } = open;
  if (draft.closed) return null;
  const red = findings ? verdictOf(findings).kind === "red" : false;
  const waits = draft.needs_approval && !draft.review?.approved;
  const stale = draft.artifact_id && draft.published_version > draft.base_version;
  return html`
    <section class="lib-publish" aria-labelledby="publish"><h2 id="publish">Publish</h2>
      ${children}
      ${(stale || open.conflicts.length > 0) && html`<${Conflicts} open=${open} />`}
      <${Unseen} values=${draft.values} />
      ${waits && html`<p class="small" role="status">A second person has to approve it first.</p>`}
      ${draft.may.publish && html`<button type="button" class="primary lib-wide" disabled=${red || waits || stale} onClick=${() => setAsking(true)}>Publish…</button>`}
      ${!draft.may.publish && html`<p class="quiet small">You may not publish this one.</p>`}
      ${asking && html`<${Ask} api=${api} open=${open} about=${types.types.find((each) => each.type === draft.artifact_type)} onClose=${() => setAsking(false)} onPublished=${onPublished} />`}
    </section>`;
}

function Ask({ api, open, about, onClose, onPublished }) {
  const { draft } = open;
  const [form, setForm] = useState({ update: true, note: "" });
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(null);
  const [changes, setChanges] = useState(null);
  const pinned = Boolean(draft.artifact_id) && ["scenario", "rubric"].includes(draft.artifact_type);
  useEffect(() => {
    open.caughtUp().then(() => open.store.flush()).then(() => api.draftDifferences(draft.id)).then(({ changes: found }) => setChanges(found), () => setChanges([]));
  }, []);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await open.caughtUp();
      await open.store.flush();
      const result = await api.publish(draft.id, {
        expected_version: open.draft.version, ...(pinned ? { update_trainings: form.update } : {}), ...(form.note.trim() ? { note: form.note.trim() } : {}),
      });
      onPublished(result);
    } catch (failure) {
      setProblem(refusalWords(failure));
      setBusy(false);
      open.store.load();
    }
  };
  return html`
    <${Dialog} title=${draft.artifact_id ? "Publish a new version?" : "Publish this?"} kind="form" onClose=${onClose}>
      <form onSubmit=${submit}>
        <p>${(draft.artifact_id && AGAIN[draft.artifact_type]) || (ABOUT[draft.artifact_type] ?? "Others can use it as soon as it is published.")}${draft.artifact_id ? " Earlier versions stay as they were; finished conversations and their grades keep theirs." : ""}</p>
        <${Unseen} values=${draft.values} />
        ${draft.artifact_id && changes && html`<details class="more"><summary>${changes.length === 0 ? "Nothing differs from what is published" : `What changes (${changes.length})`}</summary><${Changes} changes=${changes} about=${about} /></details>`}
        ${pinned && html`<${Tick} label="Use the new version in the trainings that are on now" checked=${form.update} onChecked=${(update) => setForm({ ...form, update })} />`}
        ${draft.artifact_id && html`<${Field} name="publish-note" label="What is new (optional)" maxlength="500" value=${form.note} onValue=${(note) => setForm({ ...form, note })} />`}
        <${Notice} text=${problem} />
        <div class="row end"><button type="button" onClick=${onClose}>Not yet</button><button type="submit" class="primary" disabled=${busy}>${busy ? "One moment…" : "Publish"}</button></div>
      </form>
    <//>`;
}

// What nobody has looked at, and what came from templates: publishing takes both as they are.
function Unseen({ values }) {
  const waiting = unseen(values);
  const fromTemplates = drafted(values);
  if (waiting + fromTemplates === 0) return null;
  return html`<div class="lib-unseen small" role="status">${waiting > 0 && html`<p>${proposalsWords(waiting)}</p>`}
    ${fromTemplates > 0 && html`<p>${fromTemplates === 1 ? "One part was" : `${fromTemplates} parts were`} drafted offline from a template, without a model. ${fromTemplates === 1 ? "Its" : "Their"} words may not fit.</p>`}</div>`;
}

// These are pinned by no training: scenarios play their newest version.
const AGAIN = {
  persona: "Scenarios with this persona play the new version from their next conversation on.",
  document: "Scenarios with this document show the new version from their next conversation on.",
};
const ABOUT = {
  cohort: "Its learners get the trainings that are assigned, at once.", simulation: "It can be assigned to cohorts as soon as it is published.",
  persona: "It can be used in scenarios as soon as it is published.", scenario: "It can be used in simulations as soon as it is published. What was newly written inside it is published too.",
  rubric: "It can grade conversations as soon as it is published.", document: "It can be used in scenarios as soon as it is published.",
};
