// The results of a test, read again while it runs: at what its events tell, and otherwise every few seconds.
import { useEffect, useRef, useState } from "../../html.js";

const POLL_MS = 4_000;
const SOON_MS = 300;
const REST_MS = 2_000;
const SHARE_OF_TIME = 3;

export function useTest({ api, connection, testId, onLeave }) {
  const [state, setState] = useState({ results: null, may: false, problem: null });
  const reader = useRef(null);
  useEffect(() => {
    reader.current = readerOf({ api, testId, setState, onLeave });
    const stop = connection.listen((event) => {
      if (event.fresh || (event.name?.startsWith("test_") && event.name !== "test_progress") || event.payload?.type === "all_complete") reader.current.soon();
    });
    reader.current.read();
    return () => {
      stop();
      reader.current.close();
    };
  }, []);
  return { ...state, read: () => reader.current.read(), say: (problem) => setState((before) => ({ ...before, problem })) };
}

const LISTED_MAX = 200;

// Whether the person may stop the test and let it go on.
async function mayRun(api, { id, benchmark_id }) {
  const { items } = await api.tests({ benchmark_id, limit: LISTED_MAX });
  return items.some((test) => test.test_id === id && test.may_run);
}

function readerOf({ api, testId, setState, onLeave }) {
  let timer = null;
  let closed = false;
  let asking = false;
  let missed = false;
  let may = null;
  let due = Infinity;
  let rest = 0;
  // The earliest wish holds, so that a stream of events cannot put the reading off for ever.
  const later = (wait) => {
    const at = Math.max(performance.now() + wait, rest);
    if (closed || at >= due) return;
    clearTimeout(timer);
    due = at;
    timer = setTimeout(read, at - performance.now());
  };
  // Reading takes at most a fourth of the time, however long the server needs for it.
  async function read() {
    clearTimeout(timer);
    due = Infinity;
    if (asking) {
      missed = true;
      return;
    }
    asking = true;
    const begun = performance.now();
    let over = true;
    try {
      const results = await api.results(testId);
      if (may === null && !closed) may = await mayRun(api, results.test);
      if (!closed) setState({ results, may, problem: null });
      over = results.final;
    } catch (failure) {
      if (failure.status === 401) onLeave(failure.detail);
      else if (!closed) setState((before) => ({ ...before, problem: failure.detail }));
      over = !failure.again;
    }
    asking = false;
    rest = performance.now() + Math.max(REST_MS, SHARE_OF_TIME * (performance.now() - begun));
    if (missed) later(SOON_MS);
    else if (!over) later(POLL_MS);
    missed = false;
  }
  return { read, soon: () => later(SOON_MS), close: () => { closed = true; clearTimeout(timer); } };
}
