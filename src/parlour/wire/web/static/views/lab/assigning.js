// Gives a question to a colleague, who may then answer it too, or takes it back (lab protocol 6.9).
import { html, useState } from "../../html.js";

export function Assigning({ lab, question }) {
  const [busy, setBusy] = useState(false);
  const assign = async (to, note) => {
    setBusy(true);
    await lab.store.attempt(() => lab.api.assign(question.question_id, to, note));
    setBusy(false);
  };
  if (question.assigned_to) {
    return html`<p class="assigned small">${question.assigned_to} may answer this too.
      <button type="button" class="plain" disabled=${busy} onClick=${() => assign(null)}>Take it back</button></p>`;
  }
  const submit = (event) => {
    event.preventDefault();
    const given = new FormData(event.target);
    assign(given.get("to").trim(), given.get("note").trim());
  };
  return html`
    <details class="more"><summary>Ask a colleague</summary>
      <form class="fields" onSubmit=${submit}>
        <div><label for="assign-to">Their name</label><input id="assign-to" name="to" required maxlength="64" autocomplete="off" autocapitalize="none" /></div>
        <div><label for="assign-note">A word to them, if you like</label><input id="assign-note" name="note" maxlength="1000" autocomplete="off" /></div>
        <div class="row"><button type="submit" disabled=${busy}>Ask</button></div>
      </form>
    </details>`;
}
