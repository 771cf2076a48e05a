// Begins a conversation with the draft as it is, for the author alone, and tells what came of the ones before.
import { html, useEffect, useState } from "../../html.js";
import { toAttempt } from "../../router.js";
import { day, points } from "../parts.js";

const TRIED = new Set(["persona", "scenario", "rubric", "simulation", "document"]);
const POLL_MS = 2_000;
const POLLS_MAX = 30;

export function TryIt({ api, open, connection }) {
  const [busy, setBusy] = useState(false);
  const { draft } = open;
  const tries = useTries(api, draft);
  if (!TRIED.has(draft.artifact_type) || (draft.closed && tries.length === 0)) return null;
  const start = async () => {
    setBusy(true);
    const attempt = await open.attempt(async () => {
      await open.store.flush();
      const { practice_id: practiceId } = await api.tryIt(draft.id);
      return connection.call("attempt_start", { practice_id: practiceId });
    });
    setBusy(false);
    if (attempt) location.hash = toAttempt(attempt.attempt_id);
  };
  return html`
    <section class="lib-try" aria-labelledby="try"><h2 id="try">Try it</h2>
      ${!draft.closed && html`<p class="quiet small">Have a conversation with it as it is now. Nobody else sees it.</p>
        <button type="button" class="lib-wide" disabled=${busy} onClick=${start}>${busy ? "One moment…" : tries.length > 0 ? "Try it again" : "Try it"}</button>`}
      ${tries.length > 0 && html`<ul class="lib-links lib-tries" aria-label="Your tries">${tries.map((each) => html`<${Tried} key=${each.attempt_id} tried=${each} />`)}</ul>`}</section>`;
}

function Tried({ tried }) {
  const words = tried.score !== null ? `${tried.score} of ${points(tried.total_points)}, ${tried.passed ? "passed" : "not passed"}` : tried.state === "active" ? "not ended yet" : "no grade";
  return html`<li><a href=${toAttempt(tried.attempt_id)}>${day(tried.created_at)}</a> <span class="small">${words}${!tried.current && html`<span class="quiet">, before the last changes</span>`}</span></li>`;
}

// What came of one's tries. A grade may still be on its way when one comes back.
function useTries(api, draft) {
  const [tries, setTries] = useState([]);
  const [reads, setReads] = useState(0);
  useEffect(() => {
    let old = false;
    api.tries(draft.id).then(({ items }) => { if (!old) setTries(items); }, () => undefined);
    return () => { old = true; };
  }, [draft.version, reads]);
  const waits = tries.some((each) => each.state === "ended" && each.score === null);
  useEffect(() => {
    if (!waits || reads === POLLS_MAX) return undefined;
    const wait = setTimeout(() => setReads(reads + 1), POLL_MS);
    return () => clearTimeout(wait);
  }, [waits, reads]);
  return tries;
}
