// The results of a test, read again while it runs: at what its events tell, and otherwise every few seconds.
import { useEffect, useRef, useState } from "../../html.js";

const POLL_MS = 2_500;
const SOON_MS = 700;
const SHARE_OF_TIME = 3;

export function useTest({ api, connection, testId, onLeave }) {
  const [state, setState] = useState({ results: null, problem: null });
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

function readerOf({ api, testId, setState, onLeave }) {
  let timer = null;
  let closed = false;
  let asking = false;
  const later = (wait) => {
    clearTimeout(timer);
    if (!closed) timer = setTimeout(read, wait);
  };
  // Reading takes at most a third of the time, however long the server needs for it.
  async function read() {
    if (asking) return;
    asking = true;
    clearTimeout(timer);
    const begun = performance.now();
    try {
      const results = await api.results(testId);
      if (!closed) setState({ results, problem: null });
      if (!results.final) later(Math.max(POLL_MS, SHARE_OF_TIME * (performance.now() - begun)));
    } catch (failure) {
      if (failure.status === 401) onLeave(failure.detail);
      else if (!closed) setState((before) => ({ ...before, problem: failure.detail }));
      if (failure.again) later(2 * POLL_MS);
    } finally {
      asking = false;
    }
  }
  return { read, soon: () => later(SOON_MS), close: () => { closed = true; clearTimeout(timer); } };
}
