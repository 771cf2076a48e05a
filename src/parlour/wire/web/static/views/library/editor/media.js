// Pictures and videos of a scenario: sent, looked at, described, and taken out. The description stands in for what is not seen.
import { html } from "../../../html.js";
import { Preview } from "../uploaded.js";
import { Written } from "./field.js";
import { FilePick, useSending } from "./file-pick.js";
import { Tools, useAdded } from "./lists.js";
import { Finding, Findings, Marks } from "./marks.js";

const KINDS = {
  images: { item: "Picture", mime: "image/", accept: ".png,.jpg,.jpeg,.webp", wrong: "This is no picture in PNG, JPEG or WebP.",
    describe: "What is to be seen", hint: "Read out in place of the picture to those who do not see it." },
  videos: { item: "Video", mime: "video/", accept: ".mp4,.webm", wrong: "This is no video in MP4 or WebM.",
    describe: "What happens in it", hint: "In a sentence or two, for those who do not see it." },
};
const CAPTIONS = { mime: "text/vtt", accept: ".vtt", wrong: "These are no captions in WebVTT." };

export const nameFrom = (fileName) => fileName.replace(/\.[a-z0-9]{1,5}$/i, "").replaceAll(/[_-]+/g, " ").trim().slice(0, 200);

export function MediaList({ open, api, part }) {
  const kind = KINDS[part.type];
  const values = open.store.values()[part.type] ?? [];
  const sending = useSending(open, api);
  const added = useAdded(open, part.type, "description");
  const add = (file) => sending.send(file, kind, (sent) => {
    added();
    return open.act({ op: "add", type: part.type, fields: { name: nameFrom(sent.name), description: "", upload_id: sent.upload_id, mime_type: sent.mime_type } });
  });
  return html`
    <fieldset class="lib-group"><legend>${part.label}</legend>${part.hint && html`<p class="quiet small lib-hint">${part.hint}</p>`}
      <ol class="lib-items">${values.map((value, at) => html`<${One} key=${value.id} open=${open} api=${api} type=${part.type} kind=${kind} value=${value} at=${at} many=${values.length} />`)}</ol>
      ${open.draft.may.edit && html`<${FilePick} words=${part.add} accept=${kind.accept} busy=${sending.busy} onFile=${add} />`}
    </fieldset>`;
}

function One({ open, api, type, kind, value, at, many }) {
  const place = { type, valueId: value.id, single: false };
  const what = `${kind.item.toLowerCase()} ${at + 1}`;
  const sending = useSending(open, api);
  const replace = (file) => sending.send(file, kind, (sent) => open.act({ op: "set", type, value_id: value.id, fields: { upload_id: sent.upload_id, mime_type: sent.mime_type } }));
  const { upload_id: uploadId, name, description } = value.fields;
  return html`
    <li><div class="lib-item"><div class="lib-fields lib-medium">
        <${Preview} api=${api} uploadId=${uploadId} kind=${kind.item.toLowerCase()} words=${description || name || kind.item} captions=${value.fields.captions ?? []} />
        <div class="lib-fields">
          <${Written} open=${open} place=${place} value=${value} field="name" label="Name" after=${`of ${what}`} max=${200} />
          <${Written} open=${open} place=${place} value=${value} field="description" label=${kind.describe} after=${`in ${what}`} hint=${kind.hint} long rows=${2} />
          <${Findings} open=${open} type=${type} valueId=${value.id} field="upload_id" />
          ${type === "videos" && html`<${Captions} open=${open} api=${api} place=${place} value=${value} what=${what} />`}
          ${open.draft.may.edit && html`<${FilePick} words=${uploadId ? "Another file" : "Choose a file"} about=${` for ${what}`} accept=${kind.accept} busy=${sending.busy} onFile=${replace} />`}
        </div>
      </div><${Tools} open=${open} type=${type} value=${value} at=${at} many=${many} what=${what} /></div>
      <${Marks} open=${open} type=${type} value=${value} label=${what} /></li>`;
}

function Captions({ open, api, place, value, what }) {
  const captions = value.fields.captions ?? [];
  const may = open.draft.may.edit;
  const sending = useSending(open, api);
  const put = (next) => open.store.type(place, "captions", next);
  const add = (file) => sending.send(file, CAPTIONS, (sent) => {
    const language = /[._-]([a-z]{2,3})\.vtt$/i.exec(sent.name)?.[1].toLowerCase() ?? "en";
    put([...(open.store.values().videos ?? []).find((each) => each.id === value.id)?.fields.captions ?? [], { upload_id: sent.upload_id, language, label: labelOf(language) }]);
  });
  const change = (index, fields) => put(captions.map((each, at) => (at === index ? { ...each, ...fields } : each)));
  const field = (index, name, words, more) => html`<label class="lib-inline">${words}<span class="unseen"> of captions ${index + 1} of ${what}</span>
    <input value=${captions[index][name] ?? ""} readOnly=${!may} onInput=${(event) => change(index, { [name]: event.target.value })} ...${more} /></label>`;
  const found = (open.findings ?? []).filter((each) => each.type === "videos" && each.value_id === value.id && each.field === "captions");
  return html`
    <div class="lib-captions"><p class="small"><strong>Captions</strong>${captions.length === 0 && html` <span class="quiet">none yet</span>`}</p>
      <ul class="lib-options">${captions.map((caption, index) => html`<li key=${`${caption.upload_id}-${index}`}>${field(index, "label", "Name", { maxlength: 100 })}${field(index, "language", "Language", { maxlength: 35, class: "lib-short", placeholder: "en" })}
        ${may && html`<button type="button" class="lib-tool" aria-label=${`Remove captions ${index + 1} of ${what}`} onClick=${() => put(captions.filter((_each, other) => other !== index))}>×</button>`}</li>`)}</ul>
      ${found.map((each) => html`<${Finding} key=${each.code} finding=${each} />`)}
      ${may && html`<${FilePick} words="Add captions" about=${` to ${what}`} accept=${CAPTIONS.accept} busy=${sending.busy} onFile=${add} />`}</div>`;
}

function labelOf(language) {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(language);
  } catch {
    return language;
  }
}
