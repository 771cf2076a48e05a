// Two branches side by side: what each has alone, and their grades.
import { messageFrom } from "../attempt-detail.js";
import { html, useEffect, useState } from "../html.js";
import { Dialog } from "./dialog.js";
import { Differences } from "./differences.js";
import { speakerOf } from "./message.js";
import { Loading, Notice } from "./parts.js";

export function CompareBranches({ api, state, chat, pair, names, onClose }) {
  const [found, setFound] = useState(null);
  const [problem, setProblem] = useState(null);
  useEffect(() => {
    api.compareBranches(chat.id, pair[0], pair[1]).then(setFound, (refusal) => setProblem(refusal.detail));
  }, [pair[0], pair[1]]);
  return html`
    <${Dialog} title="Two branches" kind="wide" onClose=${onClose}>
      <${Notice} text=${problem} />
      ${!found && !problem && html`<${Loading} what="both branches" />`}
      ${found && html`
        <p class="common">${sharedWords(found.common_message_count)}</p>
        ${found.difference && html`<${Differences} difference=${found.difference} left=${names[0]} right=${names[1]} />`}
        <div class="columns">${[found.left, found.right].map((side, index) => html`
          <section class="column" key=${side.branch.leaf_message_id} aria-label=${names[index]}>
            <h3>${names[index]}</h3>
            ${side.messages.length === 0 && html`<p class="quiet">Nothing of its own.</p>`}
            ${side.messages.map((row, at) => html`<${Said} key=${row.id} state=${state} message=${messageFrom(row, at)} />`)}
          </section>`)}</div>`}
    <//>`;
}

function sharedWords(count) {
  if (count === 0) return "They differ from the first message on.";
  return `The first ${count} ${count === 1 ? "message is" : "messages are"} the same in both.`;
}

function Said({ state, message }) {
  return html`<div class="line-said">${message.contents.map((content) => html`
    <p key=${content.idx}><span class="who">${speakerOf(state, message, content).name}</span><span class="prose">${content.text.trim()}</span></p>`)}</div>`;
}
