// Held down while one speaks: by pointer, by the space bar anywhere but in a field, or by a key on the button. Who cannot
// hold, such as with a screen reader, clicks: once to begin and once to end.
import { html, useEffect, useRef } from "../../html.js";
import { Mic } from "./mic.js";

const CLICK_MS = 300;
const ELSEWHERE = "input, textarea, select, button, a, summary, audio, video, dialog, [contenteditable]";

export function TalkButton({ session, view }) {
  const gesture = useRef(false);
  const button = useRef(null);
  const release = () => session.hold(false);
  useEffect(() => {
    const down = (event) => {
      if (event.code !== "Space" || event.ctrlKey || event.altKey || event.metaKey) return;
      const target = event.target instanceof Element ? event.target : document.body;
      if (target !== button.current && target.closest(ELSEWHERE)) return;
      event.preventDefault();
      if (!event.repeat) session.hold(true);
    };
    const up = (event) => { if (event.code === "Space") release(); };
    const away = () => { if (document.hidden) release(); };
    addEventListener("keydown", down);
    addEventListener("keyup", up);
    addEventListener("blur", release);
    document.addEventListener("visibilitychange", away);
    return () => {
      removeEventListener("keydown", down);
      removeEventListener("keyup", up);
      removeEventListener("blur", release);
      document.removeEventListener("visibilitychange", away);
    };
  }, []);
  const onPointerDown = (event) => {
    if (event.button !== 0) return;
    try {
      event.currentTarget.setPointerCapture(event.pointerId);
    } catch { /* the pointer is gone already */ }
    gesture.current = true;
    session.hold(true);
  };
  const onPointerUp = () => {
    release();
    setTimeout(() => { gesture.current = false; }, CLICK_MS); // no click comes if it was let go elsewhere
  };
  const onKeyDown = (event) => { if (event.key === "Enter" && !event.repeat) { event.preventDefault(); session.hold(true); } };
  const onKeyUp = (event) => {
    if (event.code === "Space") event.preventDefault(); // no click of it
    if (event.key === "Enter") release();
  };
  const onClick = () => {
    if (!gesture.current) session.hold(!view.held);
    gesture.current = false;
  };
  return html`
    <button ref=${button} type="button" class="mic talk-button" aria-pressed=${view.held ? "true" : "false"} onPointerDown=${onPointerDown} onPointerUp=${onPointerUp}
      onPointerCancel=${release} onKeyDown=${onKeyDown} onKeyUp=${onKeyUp} onBlur=${release} onClick=${onClick} onContextMenu=${(event) => event.preventDefault()}>
      <${Mic} />${view.held ? "Let go to send" : "Hold to speak"}</button>`;
}
