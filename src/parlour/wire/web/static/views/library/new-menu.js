// Begins something new: its kind, and then the editor.
import { html, useState } from "../../html.js";
import { aboutOf, MAIN } from "../../library-words.js";
import { toDraft } from "../../router.js";
import { Dialog } from "../dialog.js";
import { Notice } from "../parts.js";
import { inOrder } from "./list.js";

export function NewMenu({ api, types }) {
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(null);
  const [problem, setProblem] = useState(null);
  const begin = async (type) => {
    setBusy(type);
    setProblem(null);
    try {
      const draft = await api.begin({ artifact_type: type });
      location.hash = toDraft(draft.id);
    } catch (failure) {
      setProblem(failure.detail);
      setBusy(null);
    }
  };
  const kinds = inOrder(types).filter((each) => each.may_create);
  const first = kinds.filter((each) => MAIN.includes(each.type));
  const others = kinds.filter((each) => !MAIN.includes(each.type));
  return html`
    <button type="button" class="primary" onClick=${() => setOpen(true)}>New</button>
    ${open && html`<${Dialog} title="What do you want to write?" kind="form" onClose=${() => setOpen(false)}>
      <${Notice} text=${problem} />
      <ul class="lib-kinds">${first.map((each) => html`<li key=${each.type}><button type="button" disabled=${busy !== null} onClick=${() => begin(each.type)}>
        <strong>${each.label}</strong><span class="quiet small">${aboutOf(each.type)}</span></button></li>`)}</ul>
      ${others.length > 0 && html`<details class="more"><summary>Something else</summary><ul class="lib-others">${others.map((each) => html`
        <li key=${each.type}><button type="button" class="plain" disabled=${busy !== null} onClick=${() => begin(each.type)}>${each.label}</button></li>`)}</ul></details>`}
    <//>`}`;
}
