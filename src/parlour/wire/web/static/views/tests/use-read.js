// Reads something once and again when asked; what was overtaken is dropped.
import { useEffect, useRef, useState } from "../../html.js";

// `read()` gives a promise. { found, problem, busy, reload, setProblem }. Reads again when `key` changes.
export function useRead(read, key, onLeave) {
  const [state, setState] = useState({ found: null, problem: null, busy: true });
  const newest = useRef(0);
  const reload = async () => {
    const asked = (newest.current += 1);
    setState((before) => ({ ...before, busy: true, problem: null }));
    try {
      const found = await read();
      if (asked === newest.current) setState({ found, problem: null, busy: false });
    } catch (failure) {
      if (asked !== newest.current) return;
      if (failure.status === 401 && onLeave) onLeave(failure.detail);
      else setState((before) => ({ ...before, problem: failure.detail, busy: false }));
    }
  };
  useEffect(() => {
    reload();
    return () => { newest.current += 1; };
  }, [key]);
  return { ...state, reload, setProblem: (problem) => setState((before) => ({ ...before, problem })) };
}
