// What there is: drafts that wait, and everything that is published, to search and narrow down.
import { html, useEffect, useRef, useState } from "../../html.js";
import { labelOf, MAIN, nameOf } from "../../library-words.js";
import { toArtifact, toTrainings } from "../../router.js";
import { day, Face, Loading, Notice, PageTitle } from "../parts.js";
import { Choice, Tick } from "../tests/fields.js";
import { Drafts } from "./drafts.js";
import { NewMenu } from "./new-menu.js";

const PAGE = 30;
const WAIT_MS = 250;
const ALL = { type: "", search: "", archived: false, mine: false };

export function List({ api, types, onLeave }) {
  const [wanted, setWanted] = useState(ALL);
  const [list, setList] = useState({ items: null, cursor: null, busy: true });
  const [problem, setProblem] = useState(null);
  const newest = useRef(0);
  const read = async (cursor) => {
    const asked = (newest.current += 1);
    setList((before) => ({ ...before, busy: true }));
    try {
      const page = await api.artifacts({ ...wanted, archived: wanted.archived || null, mine: wanted.mine || null, limit: PAGE, cursor });
      if (asked !== newest.current) return;
      setList((before) => ({ items: cursor ? [...before.items, ...page.items] : page.items, cursor: page.next_cursor, busy: false }));
      setProblem(null);
    } catch (failure) {
      if (asked !== newest.current) return;
      if (failure.status === 401) onLeave(failure.detail);
      setProblem(failure.detail);
      setList((before) => ({ ...before, busy: false }));
    }
  };
  useEffect(() => {
    const wait = setTimeout(() => read(null), list.items ? WAIT_MS : 0);
    return () => clearTimeout(wait);
  }, [wanted]);
  const set = (change) => setWanted((before) => ({ ...before, ...change }));
  const kinds = [["", "Everything"], ...inOrder(types).map((each) => [each.type, each.label])];
  return html`
    <div class="page library">
      <div class="row apart page-head"><${PageTitle}>Library<//><span class="row"><a href=${toTrainings()}>Trainings</a><${NewMenu} api=${api} types=${types} onProblem=${setProblem} /></span></div>
      <${Notice} text=${problem} onClose=${() => setProblem(null)} />
      <${Drafts} api=${api} types=${types} />
      <section aria-labelledby="published"><h2 id="published">Published</h2>
        <form class="lib-filters" role="search" onSubmit=${(event) => event.preventDefault()}>
          <div class="field lib-search"><label for="lib-search">Search</label>
            <input id="lib-search" type="search" value=${wanted.search} maxlength="200" placeholder="Names and descriptions" onInput=${(event) => set({ search: event.target.value })} /></div>
          <${Choice} name="lib-type" label="Kind" value=${wanted.type} options=${kinds} onValue=${(type) => set({ type })} />
          <div class="lib-ticks"><${Tick} label="Mine" checked=${wanted.mine} onChecked=${(mine) => set({ mine })} />
            <${Tick} label="Archived" checked=${wanted.archived} onChecked=${(archived) => set({ archived })} /></div>
        </form>
        ${!list.items && !problem && html`<${Loading} what="the library" />`}
        ${list.items && html`<p class="unseen" role="status">${list.busy ? "" : `${list.items.length} found`}</p>`}
        ${list.items?.length === 0 && html`<p class="quiet">${wanted === ALL ? "Nothing is published yet. Begin with something new." : "Nothing like this was found."}</p>`}
        ${list.items?.length > 0 && html`<ul class="lib-list" aria-busy=${list.busy}>${list.items.map((card) => html`<${Row} key=${card.id} card=${card} types=${types} />`)}</ul>`}
        ${list.cursor && html`<p class="more"><button type="button" disabled=${list.busy} onClick=${() => read(list.cursor)}>Show more</button></p>`}
      </section>
    </div>`;
}

export function inOrder(types) {
  const place = (type) => (MAIN.includes(type) ? MAIN.indexOf(type) : MAIN.length);
  return [...types.types].sort((a, b) => place(a.type) - place(b.type));
}

function Row({ card, types }) {
  const facts = [labelOf(card.type, types), card.published_at && day(card.published_at), card.published_by && `by ${personIn(card.published_by)}`].filter(Boolean);
  return html`
    <li><a href=${toArtifact(card.id)}>
      <${Face} name=${nameOf(card)} color=${card.color} icon=${card.icon} />
      <span class="lib-words"><span class="history-name">${nameOf(card)}</span>
        ${card.description && html`<span class="lib-cut">${card.description}</span>`}
        <span class="quiet small">${facts.join(" · ")}</span></span>
      <span class="lib-end">${card.archived && html`<span class="tag" data-status="missed">Archived</span>`}${card.draft_id && html`<span class="tag">Draft open</span>`}</span>
    </a></li>`;
}

export const personIn = (who) => (typeof who === "string" ? who : who?.name ?? "somebody");
