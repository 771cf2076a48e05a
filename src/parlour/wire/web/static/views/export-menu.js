// The attempt, or all that the list shows, as a file.
import { html, useRef, useState } from "../html.js";
import { saveFile } from "../save-file.js";

export const ONE = [["markdown", "Text to read (Markdown)"], ["csv", "Table (CSV)"], ["jsonl", "Data (JSON lines)"], ["xapi", "Learning record (xAPI)"]];
export const MANY = ONE.slice(1);

// `fetchFile(format)`: { blob, name }. `of`: what is exported, for those who do not see where the button stands.
export function ExportMenu({ formats, fetchFile, of, onProblem }) {
  const menu = useRef(null);
  const [busy, setBusy] = useState(null);
  const [saved, setSaved] = useState("");
  const pick = async (format) => {
    setBusy(format);
    setSaved("");
    try {
      const file = await fetchFile(format);
      saveFile(file);
      setSaved(`Saved as ${file.name}.`);
      close();
    } catch (problem) {
      onProblem(problem.detail);
    }
    setBusy(null);
  };
  const close = () => {
    menu.current.open = false;
    menu.current.querySelector("summary").focus();
  };
  const onKeyDown = (event) => {
    if (event.key === "Escape" && menu.current.open) close();
  };
  const onFocusOut = (event) => {
    if (event.relatedTarget && !menu.current.contains(event.relatedTarget)) menu.current.open = false;
  };
  return html`
    <details class="menu" ref=${menu} onKeyDown=${onKeyDown} onFocusOut=${onFocusOut}>
      <summary class="button quiet-button">Export<span class="unseen"> ${of}</span></summary>
      <ul>${formats.map(([format, words]) => html`
        <li key=${format}><button type="button" class="plain" disabled=${busy !== null} onClick=${() => pick(format)}>${busy === format ? "One moment…" : words}</button></li>`)}</ul>
      <span class="unseen" role="status">${saved}</span>
    </details>`;
}
