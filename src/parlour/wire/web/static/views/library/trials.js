// Trial conversations: the server tries a draft out by itself, when asked.
import { html, useEffect, useState } from "../../html.js";

const POLL_MS = 2_000;

export function Trials({ api, open }) {
  const [check, setCheck] = useState(null);
  const [busy, setBusy] = useState(false);
  const id = open.draft.id;
  const read = () => api.checks(id).then(setCheck, () => undefined);
  useEffect(() => { read(); }, [open.draft.version]);
  useEffect(() => {
    if (check?.state !== "running") return undefined;
    const wait = setTimeout(read, POLL_MS);
    return () => clearTimeout(wait);
  }, [check]);
  const start = async () => {
    setBusy(true);
    await open.attempt(async () => {
      await open.store.flush();
      await api.check(id);
    });
    await read();
    setBusy(false);
  };
  const running = check?.state === "running";
  const known = check && check.state !== "none" && check.trials.length > 0;
  return html`
    <div class="lib-trials"><div class="row apart"><strong class="small">Trial conversations</strong>
      ${open.draft.may.edit && html`<button type="button" class="lib-small" disabled=${busy || running} onClick=${start}>${running ? `${check.done} of ${check.total}…` : known ? "Run again" : "Run"}</button>`}</div>
      ${!known && !running && html`<p class="quiet small">Tries it out by itself: does it stay in character, does the grade tell strong from weak?</p>`}
      ${known && html`<ul class="lib-findings">${check.trials.map((trial, at) => html`<${Trial} key=${`${trial.name}-${at}`} trial=${trial} />`)}</ul>`}
      ${check?.state === "failed" && html`<p class="lib-finding" data-severity="warning"><span class="lib-sign" aria-hidden="true">!</span><span>The trials could not be finished.</span></p>`}
      ${known && !check.current && !running && html`<p class="quiet small">From before your last changes.</p>`}
    </div>`;
}

const SIGNS = { passed: ["✓", "Passed: ", "ok"], failed: ["✕", "Not passed: ", "error"], skipped: ["–", "Left out: ", "note"] };

function Trial({ trial }) {
  const [sign, word, severity] = SIGNS[trial.state] ?? ["…", "Not done: ", "note"];
  return html`<li class="lib-finding" data-severity=${severity}><span class="lib-sign" aria-hidden="true">${sign}</span>
    <div><span class="unseen">${word}</span>${trial.persona && `${trial.persona}: `}${trial.title}${trial.summary && html`<p class="quiet small">${trial.summary}</p>`}
      ${trial.figures.length > 0 && html`<p class="small">${trial.figures.map((each) => `${each.name}: ${each.value}`).join(" · ")}</p>`}
      ${trial.lines.length > 0 && html`<details class="small"><summary>What was said</summary><ul class="lib-said-lines">${trial.lines.map((line, at) => html`<li key=${at}><span class="quiet">${line.who}:</span> ${line.text}</li>`)}</ul></details>`}</div></li>`;
}
