// One branch: its name or its first own words, and what can be done with it.
import { html, useEffect, useRef, useState } from "../html.js";
import { choicesFor, pathOf } from "../message-tree.js";
import { textOf } from "./message.js";
import { useLostFocus } from "./parts.js";

const LABEL_MAX = 80;

export function BranchRow({ item, number, messages, shown, gradable, picked, onPick, onShow, onLabel, onGrade }) {
  const [naming, setNaming] = useState(false);
  const namer = useRef(null);
  useLostFocus(namer, naming);
  const name = item.label ?? `Branch ${number}`;
  return html`
    <li class="branch" data-shown=${shown ? "yes" : undefined}>
      <div class="row apart">
        <span class="branch-name">${name}${item.on_active_path && html` <span class="tag">newest</span>`}</span>
        <span class="small quiet">${gradeOf(item.grade)}</span>
      </div>
      <p class="branch-words">${ownWords(item, messages)}</p>
      ${naming
        ? html`<${Naming} name=${item.label ?? ""} number=${number} onDone=${(words) => { setNaming(false); if (words !== null) onLabel(words); }} />`
        : html`<div class="row">
          <label class="pick"><input type="checkbox" checked=${picked} onChange=${onPick} />Compare<span class="unseen"> ${name}</span></label>
          <button type="button" class="plain" disabled=${shown} onClick=${onShow}>${shown ? "Shown" : "Show"}<span class="unseen"> ${name}</span></button>
          <button type="button" class="plain" ref=${namer} onClick=${() => setNaming(true)}>${item.label ? "Rename" : "Name it"}<span class="unseen"> ${name}</span></button>
          ${gradable && html`<button type="button" class="plain" disabled=${item.grade?.state === "pending"} onClick=${onGrade}>Grade<span class="unseen"> ${name}</span></button>`}
        </div>`}
    </li>`;
}

// The first words behind the fork tell branches apart.
function ownWords(item, messages) {
  const path = pathOf(messages, choicesFor(messages, item.leaf_message_id)).map((step) => step.message);
  const from = path.findIndex((message) => message.id === item.forked_at_message_id) + 1;
  const own = path.slice(from).find((message) => message.type === "query") ?? path.at(-1);
  return own ? `“${textOf(own)}”` : "";
}

function gradeOf(grade) {
  if (!grade) return "";
  if (grade.state === "done") return `${grade.score} of ${grade.total_points}${grade.passed ? ", passed" : ""}`;
  return grade.state === "pending" ? "Being graded…" : "The grading did not succeed";
}

function Naming({ name, number, onDone }) {
  const field = useRef(null);
  useEffect(() => { field.current.focus(); field.current.select(); }, []);
  const submit = (event) => {
    event.preventDefault();
    onDone(field.current.value.trim());
  };
  return html`
    <form onSubmit=${submit} onKeyDown=${(event) => { if (event.key === "Escape") onDone(null); }}>
      <input ref=${field} defaultValue=${name} maxlength=${LABEL_MAX} aria-label=${`Name of branch ${number}`} />
      <button type="submit">Keep</button>
      <button type="button" class="plain" onClick=${() => onDone(null)}>Cancel</button>
    </form>`;
}
