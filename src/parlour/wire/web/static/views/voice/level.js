// How loud the microphone is. It is drawn without the page's state: twenty-five times a second.
import { html, useEffect, useRef } from "../../html.js";

export function Level({ meter }) {
  const bar = useRef(null);
  useEffect(() => {
    meter.current = (level) => { if (bar.current) bar.current.style.transform = `scaleX(${level.toFixed(3)})`; };
    return () => { meter.current = null; };
  }, []);
  return html`<span class="sound-level" aria-hidden="true"><i ref=${bar}></i></span>`;
}
