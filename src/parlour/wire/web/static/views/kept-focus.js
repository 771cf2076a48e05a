// Who works with the keyboard stays where they are when what had the focus is removed, moved or switched off.
import { stopAfter } from "../focus-order.js";
import { useEffect } from "../html.js";

const PATIENCE_MS = 400;
const STOPS = "a[href], button, input, select, textarea, summary, [tabindex='0']";

// `place`: a ref to what is watched. Whoever last used a pointer is left alone.
export function useKeptFocus(place, turn) {
  useEffect(() => {
    const root = place.current;
    if (!root) return undefined;
    let last = null;
    let order = [];
    let byKeys = false;
    const onFocus = ({ target }) => { last = target; order = [...root.querySelectorAll(STOPS)]; };
    const onKey = () => { byKeys = true; };
    const onPointer = () => { byKeys = false; };
    const serves = (each) => each.isConnected && !each.disabled && each.checkVisibility();
    let waiting = null;
    const look = () => {
      waiting = null;
      if (byKeys && last && document.activeElement === document.body) stopAfter(order, last, serves)?.focus();
    };
    // What is only switched off is often on again soon.
    const watching = new MutationObserver(() => { waiting ??= setTimeout(look, last?.isConnected ? PATIENCE_MS : 0); });
    watching.observe(root, { childList: true, subtree: true, attributes: true, attributeFilter: ["disabled"] });
    root.addEventListener("focusin", onFocus);
    addEventListener("keydown", onKey, true);
    addEventListener("pointerdown", onPointer, true);
    return () => {
      watching.disconnect();
      clearTimeout(waiting);
      root.removeEventListener("focusin", onFocus);
      removeEventListener("keydown", onKey, true);
      removeEventListener("pointerdown", onPointer, true);
    };
  }, [turn]);
}
