// What was said but is not accepted yet.
import { html } from "../../html.js";

export function WordsOnTheirWay({ entry, outbox, onTakeBack }) {
  const failed = entry.state === "failed";
  return html`
    <li class="message own waiting">
      <p class="bubble prose">${entry.text}</p>
      <p class="message-foot" role="status">
        <span>${failed ? entry.detail : entry.state === "sending" ? "Sending…" : "Waiting to be sent. It is kept safe here."}</span>
        ${entry.state !== "sending" && html`<button type="button" class="plain" onClick=${onTakeBack}>Take back</button>`}
        ${failed && html`<button type="button" class="plain" onClick=${() => outbox.remove(entry.id)}>Discard</button>`}
      </p>
    </li>`;
}

export function FileOnItsWay({ entry, sending }) {
  const { file, text, spoken } = entry.message;
  const name = spoken ? "Spoken message" : file.name;
  const percent = Math.round(entry.share * 100);
  return html`
    <li class="message own waiting">
      <div class="bubble"><p class="file-name">${name}</p>${text && html`<p class="prose">${text}</p>`}
        ${entry.state === "sending" && html`<progress max="100" value=${percent} aria-label=${`Sending ${name}`}>${percent} %</progress>`}</div>
      <p class="message-foot" role="status">
        <span>${entry.state === "failed" ? entry.detail : percent < 100 ? `Sending… ${percent} %` : "Sending… almost there"}</span>
        ${entry.state === "failed" && html`
          <button type="button" class="plain" onClick=${() => sending.again(entry.id)}>Try again</button>
          <button type="button" class="plain" onClick=${() => sending.remove(entry.id)}>Discard</button>`}
      </p>
    </li>`;
}
