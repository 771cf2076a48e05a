// The branches of a conversation: to name, to look at, to grade, and to compare two of them (specification 6.3.4).
import { html, useEffect, useState } from "../html.js";
import { leafBelow } from "../message-tree.js";
import { BranchRow } from "./branch-row.js";
import { CompareBranches } from "./compare-branches.js";
import { GradeAgain } from "./grade-again.js";
import { Loading, Notice } from "./parts.js";

export function Branches({ api, state, chat, messages, path, call, onShow }) {
  const forked = path.some((step) => step.siblings.length > 1);
  const [open, setOpen] = useState(false);
  const [items, setItems] = useState(null);
  const [problem, setProblem] = useState(null);
  const [picked, setPicked] = useState([]);
  const [grading, setGrading] = useState(null);
  const [comparing, setComparing] = useState(false);
  const load = () => api.branches(chat.id).then((answer) => setItems(answer.items), (refusal) => setProblem(refusal.detail));
  useEffect(() => { if (forked && open) load(); }, [forked, open, messages.length, state.branchNews[chat.id], state.grades[chat.id]?.state]);
  if (!forked) return null;

  const pick = (leaf) => setPicked((before) => (before.includes(leaf) ? before.filter((other) => other !== leaf) : [...before, leaf].slice(-2)));
  const label = async (leaf, words) => {
    try {
      await api.labelBranch(chat.id, leaf, words || null);
      await load();
    } catch (refusal) {
      setProblem(refusal.detail);
    }
  };
  const shown = path.at(-1)?.message.id;
  const live = picked.filter((leaf) => items?.some((item) => item.leaf_message_id === leaf));
  const nameOf = (leaf) => {
    const at = items.findIndex((item) => item.leaf_message_id === leaf);
    return items[at].label ?? `Branch ${at + 1}`;
  };
  return html`
    <details class="branches" open=${open} onToggle=${(event) => setOpen(event.target.open)}>
      <summary>Branches${items ? ` (${items.length})` : ""}</summary>
      <${Notice} text=${problem} onClose=${() => setProblem(null)} />
      ${open && !items && !problem && html`<${Loading} what="the branches" />`}
      ${items && html`
        <ul class="branch-list">${items.map((item, index) => html`
          <${BranchRow} key=${item.leaf_message_id} item=${item} number=${index + 1} messages=${messages} shown=${leafBelow(messages, item.leaf_message_id) === shown}
            gradable=${chat.hasRubric} picked=${live.includes(item.leaf_message_id)} onPick=${() => pick(item.leaf_message_id)} onShow=${() => onShow(item.leaf_message_id)}
            onLabel=${(words) => label(item.leaf_message_id, words)} onGrade=${() => setGrading(item.leaf_message_id)} />`)}</ul>
        <p class="row"><button type="button" class="quiet-button" disabled=${live.length !== 2} onClick=${() => setComparing(true)}>Compare the two</button>
          <span class="quiet small">${live.length === 2 ? "" : "Mark two branches to put them side by side."}</span></p>`}
      ${grading && html`<${GradeAgain} state=${state} chat=${chat} call=${call} branchId=${grading} onClose=${() => setGrading(null)} />`}
      ${comparing && live.length === 2 && html`<${CompareBranches} api=${api} state=${state} chat=${chat} pair=${live} names=${live.map(nameOf)} onClose=${() => setComparing(false)} />`}
    </details>`;
}
