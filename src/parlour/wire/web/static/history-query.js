// What the person looks for in the history, as the list and the search want it (specification 10.1). Pure.

export const WORDS_MIN = 2;
export const EMPTY = { simulation: "", words: "", kind: "all", shelf: "current", since: "", until: "" };

const PRACTICE = { all: null, practice: true, assigned: false };
const ARCHIVED = { current: false, archived: true, all: null };

export function listQuery(wanted, cursor = null) {
  return {
    simulation_ids: wanted.simulation, search: wanted.words.trim(), practice: PRACTICE[wanted.kind], is_archived: ARCHIVED[wanted.shelf],
    start_date: instant(wanted.since, "00:00:00.000"), end_date: instant(wanted.until, "23:59:59.999"), cursor,
  };
}

// A day is a day where the person is, so it goes out as an instant.
const instant = (day, time) => (day ? new Date(`${day}T${time}`).toISOString() : null);

export const isPlain = (wanted) => Object.entries(EMPTY).every(([name, value]) => wanted[name].trim() === value);

// A hit's snippet cut into { text, marked }. The places are counted in Unicode characters.
export function piecesOf(hit) {
  const letters = [...hit.snippet];
  const cut = (from, to, marked) => ({ text: letters.slice(from, to).join(""), marked });
  return [cut(0, hit.match_start, false), cut(hit.match_start, hit.match_end, true), cut(hit.match_end, undefined, false)].filter((piece) => piece.text);
}
