// What was sent, to look at: through an address that is good for a while (`useTicket`).
import { html, useEffect, useRef, useState } from "../../html.js";
import { useTicket } from "../use-ticket.js";

const RENEW_MS = 8 * 60_000;
const NEAR_MS = 30_000;

// A picture or a video in a frame that has its size before they come. `words` stand in for what is not seen.
export function Preview({ api, uploadId, kind, words, captions = [] }) {
  return html`<div class="lib-shot">${uploadId ? html`<${Shot} key=${uploadId} api=${api} uploadId=${uploadId} kind=${kind} words=${words} captions=${captions} />` : html`<p class="quiet small">No file yet.</p>`}</div>`;
}

function Shot({ api, uploadId, kind, words, captions }) {
  const { url, problem, renew } = useTicket(api, uploadId);
  const [broken, setBroken] = useState(false);
  const renewed = useRef(0);
  const fail = () => {
    const again = Date.now() - renewed.current < NEAR_MS;
    renewed.current = Date.now();
    if (again) setBroken(true);
    else renew();
  };
  if (problem || broken) return html`<p class="quiet small" role="status">${problem?.detail ?? `This browser cannot show the ${kind}.`}</p>`;
  if (!url) return null;
  if (kind === "picture") return html`<img src=${url} alt=${words} onError=${fail} />`;
  return html`<video src=${url} controls playsinline preload="metadata" aria-label=${words} onError=${fail}>
    ${captions.filter((track) => track.upload_id).map((track) => html`<${Track} key=${track.upload_id} api=${api} track=${track} />`)}</video>`;
}

function Track({ api, track }) {
  const { url } = useTicket(api, track.upload_id);
  return url && html`<track kind="captions" src=${url} srclang=${track.language} label=${track.label} />`;
}

// Any file: its name, its size, and a way to open it.
export function UploadedFile({ api, uploadId }) {
  const { url, problem, renew } = useTicket(api, uploadId);
  const [facts, setFacts] = useState(null);
  useEffect(() => { api.fileFacts(uploadId).then(setFacts, () => setFacts({})); }, []);
  useEffect(() => {
    const again = setInterval(renew, RENEW_MS);
    return () => clearInterval(again);
  }, []);
  const type = facts?.type ?? "";
  const name = facts?.name ?? "The file";
  return html`
    <div class="lib-fields lib-uploaded"><p>${url ? html`<a href=${url} target="_blank" rel="noopener">${name}<span class="unseen"> (opens in a new tab)</span></a>` : name}
      <span class="quiet small"> ${problem?.detail ?? sizeOf(facts?.bytes)}</span></p>
      ${url && type.startsWith("audio/") && html`<audio src=${url} controls preload="none" aria-label=${name}></audio>`}
      ${/^(image|video)\//.test(type) && html`<${Preview} api=${api} uploadId=${uploadId} kind=${type.startsWith("image/") ? "picture" : "video"} words=${name} />`}</div>`;
}

function sizeOf(bytes) {
  if (!bytes) return "";
  return bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
