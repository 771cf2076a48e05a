// A recording that is played when it is asked for. `address()`: where it can be had, with a credential in it or as a blob.
import { html, useEffect, useRef, useState } from "../../html.js";

export function Recording({ address, words, label, playNow = false }) {
  const [open, setOpen] = useState(playNow);
  if (!open) return html`<button type="button" class="plain" onClick=${() => setOpen(true)}>${words}</button>`;
  return html`<${Player} address=${address} label=${label} takeFocus=${!playNow} />`;
}

function Player({ address, label, takeFocus }) {
  const [source, setSource] = useState({ url: null, problem: null });
  const player = useRef(null);
  useEffect(() => {
    let gone = false;
    let url = null;
    const drop = () => { if (url?.startsWith("blob:")) URL.revokeObjectURL(url); };
    address().then(
      (found) => { url = found; if (gone) drop(); else setSource({ url, problem: null }); },
      (problem) => setSource({ url: null, problem: problem.detail ?? CANNOT }));
    return () => { gone = true; drop(); };
  }, []);
  useEffect(() => {
    if (!source.url) return;
    if (takeFocus) player.current.focus({ preventScroll: true });
    player.current.play().catch(() => undefined); // the browser may want a press on the player first
  }, [source.url]);
  if (source.problem) return html`<span role="alert">${source.problem}</span>`;
  if (!source.url) return html`<span role="status">Loading…</span>`;
  return html`<audio ref=${player} class="recording" src=${source.url} controls preload="auto" controlslist="nodownload" aria-label=${label}
    onPlay=${hushOthers} onError=${() => setSource({ url: null, problem: CANNOT })}></audio>`;
}

const CANNOT = "It cannot be played.";

// One voice at a time.
function hushOthers(event) {
  for (const other of document.querySelectorAll("audio.recording")) if (other !== event.currentTarget) other.pause();
}
