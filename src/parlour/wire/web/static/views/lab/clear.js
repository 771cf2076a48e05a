// Ends the conversation and begins an empty one, after one is sure.
import { html, useState } from "../../html.js";
import { Dialog } from "../dialog.js";

export function ClearHistory({ lab, onClose }) {
  const [forget, setForget] = useState(false);
  const clear = async () => {
    onClose();
    await lab.store.attempt(() => lab.api.clear(forget));
  };
  return html`
    <${Dialog} title="Clear the history?" onClose=${onClose}>
      <p>The assistant begins anew and remembers nothing of this conversation. What runs or waits is ended. Papers, notes and experiments stay.</p>
      <label class="check"><input type="checkbox" checked=${forget} onChange=${(event) => setForget(event.target.checked)} />
        Also erase it, so that it cannot be searched</label>
      <div class="row end dialog-foot">
        <button type="button" onClick=${onClose}>Not yet</button>
        <button type="button" class="primary" onClick=${clear}>${forget ? "Clear and erase" : "Clear"}</button>
      </div>
    <//>`;
}
