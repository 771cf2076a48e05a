// What the scenario is about: situation, objectives, documents. Folded on a phone, where the conversation comes first.
import { html, useEffect } from "../html.js";
import { useTicket } from "./use-ticket.js";

const WIDE = "(min-width: 60rem)";

export function Scenario({ api, chat, startOpen }) {
  const empty = !chat.problem && !chat.description && chat.objectives.length === 0 && chat.documents.length === 0 && chat.images.length === 0;
  if (empty) return null;
  return html`
    <details class="scenario" open=${startOpen && matchMedia(WIDE).matches}>
      <summary><h2>${chat.title}</h2></summary>
      ${chat.description && html`<p>${chat.description}</p>`}
      ${chat.problem && html`<h3>The situation</h3><p class="prose">${chat.problem}</p>`}
      ${chat.objectives.length > 0 && html`<h3>What to aim for</h3><ul>${chat.objectives.map((objective) => html`<li key=${objective}>${objective}</li>`)}</ul>`}
      ${chat.images.map((image) => html`<${Picture} key=${image.image_id} api=${api} image=${image} />`)}
      ${chat.documents.length > 0 && html`<h3>Documents</h3>${chat.documents.map((document) => html`<${Paper} key=${document.document_id} api=${api} document=${document} />`)}`}
    </details>`;
}

function Paper({ api, document }) {
  const text = document.text || document.content || null;
  const pictures = (document.images ?? []).filter((image) => image.upload_id);
  const file = document.upload_id && html`<${File} api=${api} document=${document} />`;
  if (!text && pictures.length === 0) return html`<p class="paper"><strong>${document.name}</strong><br />${document.description}${file}</p>`;
  return html`
    <details class="paper">
      <summary><strong>${document.name}</strong>${document.description && html`<br /><span class="quiet">${document.description}</span>`}</summary>
      ${text && html`<p class="prose">${text}</p>`}
      ${pictures.map((image) => html`<${Picture} key=${image.image_id} api=${api} image=${image} />`)}${file}
    </details>`;
}

const RENEW_MS = 8 * 60_000;

// The address of the file runs out after a while.
function File({ api, document }) {
  const source = useTicket(api, document.upload_id);
  useEffect(() => {
    const again = setInterval(source.renew, RENEW_MS);
    return () => clearInterval(again);
  }, []);
  return source.url && html`<br /><a href=${source.url} target="_blank" rel="noopener">Open the file<span class="unseen"> of ${document.name}, in a new tab</span></a>`;
}

function Picture({ api, image }) {
  const source = useTicket(api, image.upload_id);
  return html`
    <figure class="picture">
      ${source.url && html`<img src=${source.url} alt=${image.description || image.name} />`}
      <figcaption>${source.problem?.detail ?? image.name}</figcaption>
    </figure>`;
}
