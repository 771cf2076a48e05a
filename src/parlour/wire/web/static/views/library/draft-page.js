// A draft in its editor: what is written on the left, and beside it how it looks, what is wrong with it, and publishing.
import { html, useRef, useState } from "../../html.js";
import { isDirty } from "../../draft-state.js";
import { capital, labelOf, lower, nameOf, refusalWords, stateWords } from "../../library-words.js";
import { toArtifact } from "../../router.js";
import { useKeptFocus } from "../kept-focus.js";
import { Confirm, Loading, Notice, PageTitle } from "../parts.js";
import { Sections } from "./editor/sections.js";
import { Generate } from "./generate.js";
import { Preview } from "./preview.js";
import { Publish } from "./publish.js";
import { Checks } from "./checks.js";
import { SecondPerson } from "./second-person.js";
import { Sources } from "./sources.js";
import { Published } from "./published.js";
import { TryIt } from "./try-it.js";
import { useDraft } from "./use-draft.js";

export function DraftPage({ api, types, connection, draftId, onLeave }) {
  const open = useDraft({ api, connection, draftId, onLeave });
  const [published, setPublished] = useState(null);
  const page = useRef(null);
  const { draft, store } = open;
  useKeptFocus(page, Boolean(draft) && !published);
  if (published) return html`<${Published} api=${api} types=${types} result=${published} />`;
  if (!draft) {
    return html`<div class="page library">${store.failure
      ? html`<${PageTitle}>This draft cannot be opened<//><${Notice} text=${store.failure.detail}><button type="button" onClick=${() => store.load()}>Try again</button><//>
        <p><a href="#/library">Library</a></p>`
      : html`<${Loading} what="the draft" />`}</div>`;
  }
  const given = { api, types, open };
  const label = labelOf(draft.artifact_type, types);
  const name = nameOf({ name: store.values().names?.[0]?.fields.name });
  return html`
    <div class="page library lib-editor" ref=${page}>
      <p class="crumb"><a href="#/library">Library</a>${draft.artifact_id && html` › <a href=${toArtifact(draft.artifact_id)}>What is published</a>`}</p>
      <div class="row apart lib-title"><${PageTitle}>${name}<//><span class="row"><${SaveState} open=${open} /><${DraftMenu} ...${given} /></span></div>
      <p class="facts"><span class="tag">${capital(label)}</span><span>${draft.artifact_id ? `a new version after version ${draft.base_version}` : "new, not published yet"}</span>
        ${draft.closed && html`<span>It was published. <a href=${draft.artifact_id ? toArtifact(draft.artifact_id) : "#/library"}>See it in the library</a></span>`}
        ${!draft.may.edit && !draft.closed && html`<span>You can read it, and not change it.</span>`}</p>
      <${Notice} text=${open.problem} onClose=${() => open.say(null)} />
      <div class="lib-columns">
        <div class="lib-main">
          <${Generate} ...${given} />
          <${Sources} ...${given} />
          <${Proposals} open=${open} />
          <${Sections} ...${given} />
        </div>
        <aside class="lib-side" aria-label=${`About this ${lower(label)}`}>
          <${Publish} ...${given} onPublished=${setPublished}><${Checks} ...${given} /><//>
          <${TryIt} connection=${connection} ...${given} />
          <${Preview} type=${draft.artifact_type} values=${store.values()} />
          <${SecondPerson} ...${given} />
        </aside>
      </div>
    </div>`;
}

function SaveState({ open }) {
  const { store } = open;
  const { kind, words } = stateWords({ dirty: isDirty(store.state), busy: store.busy, trouble: store.trouble });
  return html`<span class="lib-saved" role="status" data-kind=${kind}>${words}
    ${kind === "missed" && html` <button type="button" class="plain" onClick=${() => store.flush().catch(() => undefined)}>Save now</button>`}</span>
    ${kind === "missed" && !store.trouble.again && html`<span class="lib-trouble small" role="alert">${refusalWords(store.trouble)} <button type="button" class="plain" onClick=${() => store.forget()}>Drop what is not saved</button></span>`}`;
}

// Everything that the assistant proposed, at once.
function Proposals({ open }) {
  const proposed = Object.entries(open.draft.values).filter(([, values]) => values.some((value) => value.state === "proposed")).map(([type]) => type);
  if (proposed.length === 0 || !open.draft.may.edit) return null;
  const all = (op) => open.act(...proposed.map((type) => ({ op, type })));
  return html`
    <div class="lib-proposals" role="status"><p>The assistant has proposed what is marked. Read it, change what you like, and accept or refuse it.</p>
      <span class="row"><button type="button" class="lib-small" onClick=${() => all("accept")}>Accept all</button>
        <button type="button" class="lib-small" onClick=${() => all("refuse")}>Refuse all</button></span></div>`;
}

function DraftMenu({ open }) {
  const [asking, setAsking] = useState(false);
  if (!open.draft.may.edit) return null;
  const discard = async () => {
    setAsking(false);
    if (await open.attempt(() => open.discard())) location.hash = "#/library";
  };
  return html`<button type="button" class="plain" onClick=${() => setAsking(true)}>Throw away</button>
    ${asking && html`<${Confirm} title="Throw this draft away?" text="What you wrote here is gone. What is published stays as it is." yes="Throw it away" onYes=${discard} onNo=${() => setAsking(false)} />`}`;
}
