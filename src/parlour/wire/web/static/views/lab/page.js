// The laboratory: the conversation with its assistant, and what one may look through.
import { html, useLayoutEffect, useState } from "../../html.js";
import { Loading, Notice, PageTitle } from "../parts.js";
import { Experiments } from "./experiments.js";
import { Files } from "./files.js";
import { Papers } from "./papers.js";
import { Talk } from "./talk.js";
import { useLab } from "./use-lab.js";
import { Viewer } from "./viewer.js";
import { Waiting } from "./waiting.js";

const PARTS = [["talk", "Assistant", "#/laboratory"], ["experiments", "Experiments", "#/laboratory/experiments"],
  ["papers", "Papers", "#/laboratory/papers"], ["files", "My files", "#/laboratory/files"]];

export function Laboratory({ place, session, connection, onLeave }) {
  const { lab, failure, open } = useLab({ session, connection, onLeave });
  const [shown, setShown] = useState(null);
  const state = lab?.store.state;
  useLayoutEffect(() => { if (place.part !== "talk") scrollTo({ top: 0, behavior: "instant" }); }, [place.part, place.experimentId]);
  if (!state) {
    return html`<div class="page">
      <${PageTitle}>Laboratory<//>
      ${failure ? html`<${Notice} text=${failure.detail}><button type="button" onClick=${open}>Try again</button><//>`
        : html`<${Loading} what="the laboratory" />`}
    </div>`;
  }
  const { store, api } = lab;
  return html`
    <div class="lab">
      <div class="lab-head">
        <${PageTitle} key=${place.part}>${place.part === "talk" ? "Laboratory assistant" : PARTS.find(([part]) => part === place.part)[1]}<//>
        <nav class="lab-parts" aria-label="Laboratory">
          ${PARTS.map(([part, words, href]) => html`<a key=${part} href=${href} aria-current=${place.part === part ? "page" : undefined}>${words}</a>`)}
        </nav>
      </div>
      <${Notice} text=${store.problem} onClose=${() => store.say(null)} />
      <${Waiting} lab=${lab} onShow=${setShown} />
      ${place.part === "talk" && html`<${Talk} lab=${lab} onShow=${setShown} />`}
      ${place.part === "experiments" && html`<${Experiments} key=${place.experimentId} api=${api} experimentId=${place.experimentId} onShow=${setShown} />`}
      ${place.part === "papers" && html`<${Papers} api=${api} onShow=${setShown} />`}
      ${place.part === "files" && html`<${Files} api=${api} onShow=${setShown} />`}
      ${shown && html`<${Viewer} key=${shown.handle} api=${api} item=${shown} onClose=${() => setShown(null)} />`}
    </div>`;
}
