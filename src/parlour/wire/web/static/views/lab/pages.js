// A list that is read page by page.
import { html, useEffect, useState } from "../../html.js";
import { Loading, Notice } from "../parts.js";

// `read(after)` gives a page; `rowsOf(page)` its rows. { rows, first, more, problem, change(rows) }.
export function usePages(read, rowsOf, key) {
  const [state, setState] = useState({ rows: null, first: null, next: null, problem: null, busy: false });
  const load = async (after, before) => {
    setState((now) => ({ ...now, busy: true, problem: null }));
    try {
      const page = await read(after);
      setState((now) => ({ rows: [...before, ...rowsOf(page)], first: now.first && after ? now.first : page, next: page.next, problem: null, busy: false }));
    } catch (problem) {
      setState((now) => ({ ...now, problem: problem.detail, busy: false }));
    }
  };
  useEffect(() => { load(null, []); }, [key]);
  return {
    ...state,
    more: () => load(state.next, state.rows ?? []),
    reload: () => load(null, []),
    change: (rows) => setState((now) => ({ ...now, rows })),
  };
}

export function Paged({ list, what, empty, children }) {
  return html`
    <${Notice} text=${list.problem}><button type="button" onClick=${list.rows ? list.more : list.reload}>Try again</button><//>
    ${!list.rows && !list.problem && html`<${Loading} what=${what} />`}
    ${list.rows?.length === 0 && html`<p class="quiet">${empty}</p>`}
    ${list.rows?.length > 0 && children}
    ${list.next && html`<p><button type="button" disabled=${list.busy} onClick=${list.more}>Show more</button></p>`}`;
}
