// The end of the whole attempt, asked for twice.
import { html, useState } from "../html.js";
import { Confirm } from "./parts.js";

export function EndAll({ state, command, disabled }) {
  const [asking, setAsking] = useState(false);
  const end = () => {
    setAsking(false);
    command("attempt_end_all", {});
  };
  return html`
    <button type="button" disabled=${disabled} onClick=${() => setAsking(true)}>Finish here</button>
    ${asking && html`<${Confirm} title="Finish here?" yes="Finish" onYes=${end} onNo=${() => setAsking(false)}
      text=${ending(state)} />`}`;
}

function ending(state) {
  return [
    state.chats.some((chat) => !chat.completed) && "The open conversation ends without a grade.",
    state.infinite ? "The practice ends." : "Scenarios that were not begun stay undone.",
    "Everything that was said stays in the history.",
  ].filter(Boolean).join(" ");
}
