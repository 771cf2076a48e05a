// A dialog over the page: it takes the focus, keeps it, and gives it back.
import { html, useEffect, useRef } from "../html.js";

export function Dialog({ title, kind, onClose, children }) {
  const dialog = useRef(null);
  useEffect(() => {
    const asker = document.activeElement;
    dialog.current.showModal();
    return () => asker?.focus?.();
  }, []);
  return html`
    <dialog ref=${dialog} class=${kind} aria-labelledby="dialog-title" onCancel=${(event) => { event.preventDefault(); onClose(); }}>
      <div class="dialog-head"><h2 id="dialog-title">${title}</h2>
        <button type="button" class="plain" onClick=${onClose}>Close</button></div>
      ${children}
    </dialog>`;
}
