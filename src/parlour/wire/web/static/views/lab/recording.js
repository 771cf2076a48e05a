// Says something to the assistant: hold the button while speaking, or press it once to begin and once to send.
import { clockText } from "../../clock.js";
import { html, useEffect, useRef, useState } from "../../html.js";
import { Recorder } from "../../voice/recorder.js";
import { Level } from "../voice/level.js";
import { Mic } from "../voice/mic.js";

const HOLD_MS = 600;
const LOST = "The microphone was taken away. You can send what was recorded.";
const FULL = "Two minutes are the most. Send it, or record it again.";

// { phase, start, send, cancel, ... } of one recorder. `phase`: off | opening | on | done. `onDone(wav)`: it is to be sent.
export function useRecorder(onDone) {
  const [view, setView] = useState({ phase: "off", seconds: 0, note: null });
  const meter = useRef(null);
  const held = useRef(null);
  const change = (next) => setView((before) => ({ ...before, ...next }));
  held.current ??= new Recorder({
    onLevel: (level) => meter.current?.(level),
    onSeconds: (seconds) => change({ seconds }),
    onFull: () => change({ phase: "done", note: FULL }),
    onLost: () => change({ phase: "done", note: LOST }),
  });
  useEffect(() => () => held.current.cancel(), []);
  const start = async () => {
    change({ phase: "opening", seconds: 0, note: null });
    try {
      if (await held.current.start()) change({ phase: "on" });
    } catch (problem) {
      change({ phase: "off", note: problem.detail ?? "The microphone could not be opened." });
    }
  };
  const send = async () => {
    try {
      const wav = await held.current.finish();
      change({ phase: "off", note: wav ? null : "Nothing was recorded." });
      if (wav) onDone(wav);
    } catch (problem) {
      held.current.cancel();
      change({ phase: "off", note: problem.detail ?? "It could not be recorded." });
    }
  };
  const cancel = () => {
    held.current.cancel();
    change({ phase: "off", note: null });
  };
  return { ...view, meter, start, send, cancel };
}

export function RecordButton({ recorder }) {
  const { phase, start, send } = recorder;
  const gesture = useRef(null); // when the button went down to begin
  const phaseNow = useRef(phase);
  const openedAt = useRef(0);
  phaseNow.current = phase;
  useEffect(() => { if (phase === "on") openedAt.current = performance.now(); }, [phase]);
  const onPointerDown = (event) => {
    if (event.button !== 0 || phase !== "off") return;
    try {
      event.currentTarget.setPointerCapture(event.pointerId);
    } catch { /* the pointer is gone already */ }
    gesture.current = "down";
    start();
  };
  // Held while it recorded, letting go sends; a short press begins, and the next one sends.
  const onPointerUp = () => {
    if (gesture.current !== "down") return;
    gesture.current = "up";
    setTimeout(() => { if (gesture.current === "up") gesture.current = null; }, 0);
    if (phaseNow.current === "on" && performance.now() - openedAt.current >= HOLD_MS) send();
  };
  const onClick = () => {
    if (gesture.current) gesture.current = null;
    else if (phase === "off") start();
    else if (phase !== "opening") send();
  };
  const words = phase === "off" ? "Record" : "Send recording";
  return html`
    <button type="button" class="mic record-button" aria-pressed=${phase === "off" ? "false" : "true"} aria-label=${phase === "off" ? "Record a spoken message" : words}
      onPointerDown=${onPointerDown} onPointerUp=${onPointerUp} onClick=${onClick} onContextMenu=${(event) => event.preventDefault()}>
      <${Mic} /><span class=${phase === "off" ? "roomy" : ""}>${phase === "off" ? "Record" : "Send it"}</span></button>`;
}

export function RecorderRow({ recorder }) {
  const { phase, seconds, note, meter, cancel } = recorder;
  if (phase === "off") return note && html`<p class="composer-note" role="status">${note}</p>`;
  const words = phase === "opening" ? "Opening the microphone…" : phase === "on" ? "Recording." : note;
  return html`
    <div class="recorder" role="group" aria-label="Recording">
      ${phase !== "done" && html`<${Level} meter=${meter} />`}
      <p><span role="status">${words}</span> <span aria-hidden="true">${clockText(seconds)}</span></p>
      <button type="button" onClick=${cancel}>Cancel<span class="unseen"> the recording</span></button>
    </div>`;
}
