import { html } from "../html.js";
import { EMPTY, isPlain } from "../history-query.js";

export function HistoryFilters({ wanted, onWanted }) {
  const set = (name) => (event) => onWanted({ ...wanted, [name]: event.target.value });
  return html`
    <form class="filters" role="search" onSubmit=${(event) => event.preventDefault()}>
      <label class="filter-words">Search
        <input type="search" value=${wanted.words} maxlength="200" placeholder="Names, people, words" onInput=${set("words")} /></label>
      <label>Kind
        <select value=${wanted.kind} onChange=${set("kind")}>
          <option value="all">All</option><option value="assigned">Assigned</option><option value="practice">Practice</option>
        </select></label>
      <label>Show
        <select value=${wanted.shelf} onChange=${set("shelf")}>
          <option value="current">Current</option><option value="archived">Archived</option><option value="all">Both</option>
        </select></label>
      <label>From
        <input type="date" value=${wanted.since} max=${wanted.until || undefined} onInput=${set("since")} /></label>
      <label>Until
        <input type="date" value=${wanted.until} min=${wanted.since || undefined} onInput=${set("until")} /></label>
      <button type="button" class="plain" disabled=${isPlain(wanted)} onClick=${() => onWanted(EMPTY)}>Clear</button>
    </form>`;
}
