// Small pieces that several views share.
import { html, useEffect, useRef } from "../html.js";

// A heading that takes the focus when its page opens, so that screen readers say where one is.
export function PageTitle({ children, takeFocus = true }) {
  const heading = useRef(null);
  useEffect(() => {
    if (takeFocus) heading.current.focus({ preventScroll: true });
  }, []);
  useEffect(() => { document.title = `${heading.current.textContent} · Parlour`; });
  return html`<h1 ref=${heading} tabindex="-1">${children}</h1>`;
}

// What comes in the place of what had the focus takes it over, so that nobody is thrown back to the top of the page.
export function useLostFocus(place, turn) {
  useEffect(() => {
    if (document.activeElement === document.body) place.current?.focus({ preventScroll: true });
  }, [turn]);
}

export function Notice({ text, onClose, children }) {
  if (!text) return null;
  return html`
    <div class="notice" role="alert">
      <p>${text}</p>
      ${children}
      ${onClose && html`<button type="button" class="plain" onClick=${onClose}>Close</button>`}
    </div>`;
}

export function Loading({ what }) {
  return html`<p class="quiet" role="status">Loading ${what}…</p>`;
}

export function Confirm({ title, text, yes, onYes, onNo }) {
  const dialog = useRef(null);
  useEffect(() => {
    const asker = document.activeElement;
    dialog.current.showModal();
    return () => asker?.focus?.();
  }, []);
  return html`
    <dialog ref=${dialog} aria-labelledby="confirm-title" onCancel=${(event) => { event.preventDefault(); onNo(); }}>
      <h2 id="confirm-title">${title}</h2>
      <p>${text}</p>
      <div class="row end">
        <button type="button" onClick=${onNo}>Not yet</button>
        <button type="button" class="primary" onClick=${onYes}>${yes}</button>
      </div>
    </dialog>`;
}

const HEX = /^#[0-9a-f]{6}$/i;

// A coloured circle with the persona's sign, or its first letter. Colours come from content, so the letter picks black
// or white by luminance.
export function Face({ name, color, icon }) {
  const back = HEX.test(color ?? "") ? color : "#5d6b68";
  return html`<span class="face" aria-hidden="true" style=${{ backgroundColor: back, color: inkOn(back) }}>${signOf(icon) ?? (name ?? "?").slice(0, 1)}</span>`;
}

// Only a single pictograph; some content names its icons by words.
const signOf = (icon) => (/^\p{Extended_Pictographic}\u{FE0F}?$/u.test(icon ?? "") ? icon : null);

function inkOn(color) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000000" : "#ffffff";
}

export function minutes(seconds) {
  if (seconds == null) return null;
  const whole = Math.round(seconds / 60);
  return seconds < 60 ? `${seconds} ${seconds === 1 ? "second" : "seconds"}` : `${whole} ${whole === 1 ? "minute" : "minutes"}`;
}

export const points = (count) => `${count} ${count === 1 ? "point" : "points"}`;

export function day(text) {
  return text ? new Date(text).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }) : "";
}
