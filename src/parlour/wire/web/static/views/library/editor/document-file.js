// The file of a document, beside its text.
import { html } from "../../../html.js";
import { UploadedFile } from "../uploaded.js";
import { FilePick, useSending } from "./file-pick.js";
import { Findings, Marks } from "./marks.js";

const ACCEPT = ".pdf,.docx,.txt,.md,.csv,.png,.jpg,.jpeg,.webp,.mp3,.ogg,.wav,.m4a,.mp4,.webm";

export function DocumentFile({ open, api, part }) {
  const value = (open.store.values().uploads ?? [])[0] ?? null;
  const uploadId = value?.fields.upload_id ?? null;
  const sending = useSending(open, api);
  const take = (file) => sending.send(file, {}, (sent) => open.act({ op: "put", type: "uploads", fields: { upload_id: sent.upload_id } }));
  return html`
    <fieldset class="lib-group"><legend>${part.label}</legend><p class="quiet small lib-hint">${part.hint}</p>
      ${uploadId && html`<div class="lib-item"><${UploadedFile} key=${uploadId} api=${api} uploadId=${uploadId} />
        ${open.draft.may.edit && html`<span class="lib-tools"><button type="button" class="lib-tool" aria-label="Remove the file" onClick=${() => open.act({ op: "remove", type: "uploads", value_id: value.id })}>×</button></span>`}</div>`}
      <${Findings} open=${open} type="uploads" valueId=${value?.id ?? null} field="upload_id" single />
      <${Marks} open=${open} type="uploads" value=${value} label="file" />
      ${open.draft.may.edit && html`<${FilePick} words=${uploadId ? "Another file" : part.add} accept=${ACCEPT} busy=${sending.busy} onFile=${take} />`}
    </fieldset>`;
}
