// Begins a conversation with the draft as it is, for the author alone.
import { html, useState } from "../../html.js";
import { toAttempt } from "../../router.js";

const TRIED = new Set(["persona", "scenario", "rubric", "simulation", "document"]);

export function TryIt({ api, open, connection }) {
  const [busy, setBusy] = useState(false);
  if (!TRIED.has(open.draft.artifact_type)) return null;
  const start = async () => {
    setBusy(true);
    const attempt = await open.attempt(async () => {
      await open.store.flush();
      const { practice_id: practiceId } = await api.tryIt(open.draft.id);
      return connection.call("attempt_start", { practice_id: practiceId });
    });
    setBusy(false);
    if (attempt) location.hash = toAttempt(attempt.attempt_id);
  };
  return html`
    <section class="lib-try" aria-labelledby="try"><h2 id="try">Try it</h2>
      <p class="quiet small">Have a conversation with it as it is now. Nobody else sees it.</p>
      <button type="button" class="lib-wide" disabled=${busy} onClick=${start}>${busy ? "One moment…" : "Try it"}</button></section>`;
}
