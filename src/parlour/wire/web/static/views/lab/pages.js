// A list that is read page by page.
import { html, useEffect, useRef, useState } from "../../html.js";
import { Loading, Notice } from "../parts.js";

// `read(after)` gives a page; `rowsOf(page)` its rows. { rows, first, more, reload, problem, again, change(rows) }. Reads from
// the beginning when `key` changes; an answer that was overtaken is dropped. `again` asks once more for what failed.
export function usePages(read, rowsOf, key) {
  const [state, setState] = useState({ rows: null, first: null, next: null, problem: null, busy: false, again: null });
  const newest = useRef(0);
  const load = async (after, before) => {
    const asked = (newest.current += 1);
    setState((now) => ({ ...now, busy: true, problem: null }));
    const found = await read(after).catch((problem) => ({ problem }));
    if (asked !== newest.current) return;
    if (found.problem) setState((now) => ({ ...now, problem: found.problem.detail, again: () => load(after, before), busy: false }));
    else setState((now) => ({ ...now, rows: [...before, ...rowsOf(found)], first: now.first && after ? now.first : found, next: found.next, busy: false }));
  };
  useEffect(() => {
    load(null, []);
    return () => { newest.current += 1; };
  }, [key]);
  return {
    ...state,
    more: () => load(state.next, state.rows ?? []),
    reload: () => load(null, []),
    change: (rows) => setState((now) => ({ ...now, rows })),
  };
}

export function Paged({ list, what, empty, children }) {
  return html`
    <${Notice} text=${list.problem}><button type="button" onClick=${list.again}>Try again</button><//>
    ${!list.rows && !list.problem && html`<${Loading} what=${what} />`}
    ${list.rows?.length === 0 && html`<p class="quiet">${empty}</p>`}
    ${list.rows?.length > 0 && html`<div class="paged" aria-busy=${list.busy}>${children}</div>`}
    ${list.next && html`<p><button type="button" disabled=${list.busy} onClick=${list.more}>Show more</button></p>`}`;
}
