// Earlier attempts: to find, read, continue, export or put away. Staff also find those that they may read.
import { html, useEffect, useRef, useState } from "../html.js";
import { EMPTY, isPlain, listQuery } from "../history-query.js";
import { ExportMenu, MANY } from "./export-menu.js";
import { HistoryFilters } from "./history-filters.js";
import { HistoryRow } from "./history-row.js";
import { MessageHits } from "./message-hits.js";
import { Loading, Notice, PageTitle } from "./parts.js";

const TYPING_MS = 250;

export function History({ api, connection, simulationId, onLeave }) {
  const [wanted, setWanted] = useState({ ...EMPTY, simulation: simulationId ?? "" });
  const settled = useSettled(wanted);
  const { items, cursor, load } = useList(api, settled, (failure) => {
    if (failure.status === 401) onLeave(failure.detail);
    else setProblem(failure.detail);
  });
  const cards = useCards(api, (failure) => setProblem(failure.detail));
  const [problem, setProblem] = useState(null);
  const [told, setTold] = useState("");
  useEffect(() => { setProblem(null); load(null); }, [settled]);

  const changed = (item) => {
    setTold(item.is_archived ? `${item.name} is back among the current ones.` : `${item.name} is archived.`);
    load(null);
    document.querySelector("#main h1")?.focus({ preventScroll: true });
  };
  return html`
    <div class="page">
      <div class="row apart page-head"><${PageTitle}>History<//>
        ${items?.length > 0 && html`<${ExportMenu} formats=${MANY} of="this list"
          fetchFile=${(format) => api.exportedList(listQuery(settled), format)} onProblem=${setProblem} />`}</div>
      <${HistoryFilters} wanted=${wanted} onWanted=${setWanted} />
      ${wanted.simulation && html`<p class="quiet only">Only the attempts of one training.
        <button type="button" class="plain" onClick=${() => setWanted({ ...wanted, simulation: "" })}>Show all</button></p>`}
      <${Notice} text=${problem} onClose=${() => setProblem(null)} />
      <p class="unseen" role="status">${told}</p>
      ${!items && !problem && html`<${Loading} what="your history" />`}
      ${items?.length === 0 && (isPlain(settled)
        ? html`<p class="quiet">No conversations yet. <a href="#/">Choose one to begin.</a></p>`
        : html`<p class="quiet" role="status">No conversation fits this.</p>`)}
      ${items?.length > 0 && html`<ul class="history">${items.map((item) => html`
        <${HistoryRow} key=${item.id} api=${api} item=${item} card=${cards.get(item.home_id ?? item.practice_id)} me=${connection.profileId()} onChanged=${changed} onProblem=${setProblem} />`)}</ul>`}
      ${cursor && html`<p class="more"><button type="button" onClick=${() => load(cursor)}>Show older ones</button></p>`}
      <${MessageHits} api=${api} words=${settled.words.trim()} onProblem=${setProblem} />
    </div>`;
}

// The list as pages; an answer that was overtaken by a newer question is dropped.
function useList(api, wanted, onFailure) {
  const [page, setPage] = useState({ items: null, cursor: null });
  const newest = useRef(0);
  const load = async (cursor) => {
    const asked = (newest.current += 1);
    try {
      const answer = await api.attempts(listQuery(wanted, cursor));
      if (asked !== newest.current) return;
      setPage((before) => ({ items: cursor ? [...before.items, ...answer.items] : answer.items, cursor: answer.next_cursor }));
    } catch (failure) {
      if (asked === newest.current) onFailure(failure);
    }
  };
  return { ...page, load };
}

// The names of the cards, by their ids: one training may stand on several.
function useCards(api, onFailure) {
  const [cards, setCards] = useState(new Map());
  useEffect(() => {
    Promise.all([api.home(), api.practice()]).then(
      (shelves) => setCards(new Map(shelves.flatMap((shelf) => shelf.items).map((card) => [card.home_id ?? card.practice_id, card.name]))), onFailure);
  }, []);
  return cards;
}

// What the person wants once they have stopped typing.
function useSettled(wanted) {
  const [settled, setSettled] = useState(wanted);
  useEffect(() => {
    const wait = setTimeout(() => setSettled(wanted), wanted.words === settled.words ? 0 : TYPING_MS);
    return () => clearTimeout(wait);
  }, [wanted]);
  return settled;
}
