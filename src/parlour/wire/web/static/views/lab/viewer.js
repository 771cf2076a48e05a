// A file at a page, with the quote marked in the page's text, and beside it the PDF itself in the browser's own reader.
import { html, useEffect, useState } from "../../html.js";
import { nameOf } from "../../lab-words.js";
import { markQuote } from "../../quotes.js";
import { saveFile } from "../../save-file.js";
import { Dialog } from "../dialog.js";

export function Viewer({ api, item, onClose }) {
  const [page, setPage] = useState(item.page ?? null);
  const file = useFile(api, item.handle);
  const text = useText(api, item.handle, page);
  const pdf = file.blob?.type.startsWith("application/pdf") ? `${file.url}#page=${page ?? 1}` : null;
  const at = page ?? text.found?.page ?? 1;
  const last = text.found?.pages ?? at;
  return html`
    <${Dialog} title=${item.title} kind="viewer" onClose=${onClose}>
      <div class="viewer-body" data-pdf=${pdf && navigator.pdfViewerEnabled ? "yes" : "no"}>
        <div class="viewer-side">
          ${item.about && html`<p class="quiet small">${item.about}</p>`}
          ${item.quote && html`<blockquote class="viewer-quote">${item.quote}</blockquote>`}
          ${item.handle && html`<div class="row small">
            ${last > 1 && html`<span class="row" role="group" aria-label="Pages">
              <button type="button" class="plain" disabled=${at <= 1} onClick=${() => setPage(at - 1)}>Previous page</button>
              <span aria-live="polite">Page ${at} of ${last}</span>
              <button type="button" class="plain" disabled=${at >= last} onClick=${() => setPage(at + 1)}>Next page</button></span>`}
            ${pdf && html`<a href=${pdf} target="_blank" rel="noopener">Open the PDF at this page</a>`}
            ${file.blob && html`<button type="button" class="plain" onClick=${() => saveFile({ blob: file.blob, name: nameOf(item.handle) })}>Save the file</button>`}
          </div>`}
          ${file.problem && html`<p class="answer-error" role="alert">${file.problem}</p>`}
          <${PageText} found=${text.found} quote=${item.page == null || at === item.page ? item.quote : null} />
          ${text.problem && item.handle && html`<p class="quiet small">There is no text to show of this ${page == null ? "file" : "page"}.</p>`}
        </div>
        ${pdf && navigator.pdfViewerEnabled && html`<iframe key=${pdf} class="viewer-pdf" src=${pdf} title=${`${item.title}, page ${at}`}></iframe>`}
      </div>
    <//>`;
}

// The passages of a page, the first one with the quote marked and in view.
function PageText({ found, quote }) {
  const mark = (element) => element?.querySelector("mark")?.scrollIntoView({ block: "center" });
  if (!found) return null;
  return html`
    <div class="viewer-text" ref=${mark} tabindex="0" role="region" aria-label=${`Text of page ${found.page}`}>
      ${found.passages.map((passage, index) => html`<p key=${index} class="prose">${markQuote(passage, quote).map((piece) => (
        piece.marked ? html`<mark>${piece.text}</mark>` : piece.text))}</p>`)}
    </div>`;
}

function useFile(api, handle) {
  const [file, setFile] = useState({ blob: null, url: null, problem: null });
  useEffect(() => {
    if (!handle) return undefined;
    let url = null;
    let gone = false;
    api.bytes(handle).then((blob) => {
      if (gone) return;
      url = URL.createObjectURL(blob);
      setFile({ blob, url, problem: null });
    }, (problem) => { if (!gone) setFile({ blob: null, url: null, problem: problem.detail }); });
    return () => {
      gone = true;
      if (url) URL.revokeObjectURL(url);
    };
  }, [handle]);
  return file;
}

function useText(api, handle, page) {
  const [text, setText] = useState({ found: null, problem: null });
  useEffect(() => {
    if (!handle) return undefined;
    let gone = false;
    api.text(handle, page).then((found) => { if (!gone) setText({ found, problem: null }); },
      (problem) => { if (!gone) setText((before) => ({ found: before.found?.page === page ? before.found : null, problem: problem.detail })); });
    return () => { gone = true; };
  }, [handle, page]);
  return text;
}
