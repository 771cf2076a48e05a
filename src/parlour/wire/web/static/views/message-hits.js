// Words that were said, found in every conversation that one may read.
import { html, useEffect, useState } from "../html.js";
import { piecesOf, WORDS_MIN } from "../history-query.js";
import { toAttempt, toMessage } from "../router.js";
import { day } from "./parts.js";

export function MessageHits({ api, words, onProblem }) {
  const [found, setFound] = useState(null);
  const [cursor, setCursor] = useState(null);
  const load = async (from) => {
    try {
      const page = await api.search(words, from);
      setFound((before) => (from ? [...before, ...page.items] : page.items));
      setCursor(page.next_cursor);
    } catch (problem) {
      onProblem(problem.detail);
    }
  };
  useEffect(() => {
    setFound(null);
    if (words.length >= WORDS_MIN) load(null);
  }, [words]);
  const said = found?.filter((hit) => hit.message_id) ?? [];
  if (words.length < WORDS_MIN || !found) return null;
  return html`
    <section class="hits" aria-labelledby="hits-title">
      <h2 id="hits-title">In what was said</h2>
      ${said.length === 0 && html`<p class="quiet">Nobody said “${words}”.</p>`}
      <ul class="hit-list">${said.map((hit) => html`
        <li key=${hit.message_id}>
          <a href=${hit.message_id ? toMessage(hit.attempt_id, hit.message_id) : toAttempt(hit.attempt_id)}>
            <span class="hit-words">${piecesOf(hit).map((piece) => (piece.marked ? html`<mark>${piece.text}</mark>` : piece.text))}</span>
            <span class="quiet small">${[hit.title, hit.profile_name, day(hit.created_at)].filter(Boolean).join(" · ")}</span></a>
        </li>`)}</ul>
      ${cursor && html`<button type="button" onClick=${() => load(cursor)}>More</button>`}
    </section>`;
}
