// The microphone of a conversation: how to open it, how one speaks, what is going on, and why it is closed.
import { html, useLayoutEffect, useRef } from "../../html.js";
import { stateOf } from "../../voice-words.js";
import { Level } from "./level.js";
import { Mic } from "./mic.js";
import { TalkButton } from "./talk-button.js";

// Who has a mouse has a space bar, too; a touch screen has neither.
const DESK = "(hover: hover) and (pointer: fine)";
const MODES = [["push", "Push to talk"], ["open", "Open microphone"]];

export function VoiceBar({ voice, hearing, running, name, onStop }) {
  const { session, view, meter, choose } = voice;
  const state = stateOf({ view, hearing, answering: Boolean(running), name, keys: matchMedia(DESK).matches });
  const place = useRef(null);
  const was = useRef(view.phase);
  // The button that was pressed is gone with the state; its place keeps the focus.
  useLayoutEffect(() => {
    if (was.current !== view.phase && document.activeElement === document.body) place.current.querySelector("button")?.focus({ preventScroll: true });
    was.current = view.phase;
  }, [view.phase]);
  return html`
    <div ref=${place} class="voice" data-state=${state.key} role="group" aria-label="Voice">
      ${view.phase === "off" && (view.available || view.why) && html`
        <button type="button" class="mic" onClick=${() => session.start()}><${Mic} />${view.why ? "Open the microphone again" : "Speak"}</button>`}
      ${view.phase === "opening" && html`<button type="button" onClick=${() => session.stop()}>Cancel</button>`}
      ${view.phase === "open" && html`
        ${view.mode === "push" ? html`<${TalkButton} session=${session} view=${view} />`
          : html`<button type="button" class="mic" aria-pressed=${view.muted ? "true" : "false"} onClick=${() => session.mute(!view.muted)}><${Mic} off=${view.muted} />Mute</button>`}
        <${Level} meter=${meter} />`}
      <p class="voice-state" role="status">${state.words}${view.note && html` <span class="voice-note">${view.note}</span>`}</p>
      ${view.phase === "open" && html`
        ${onStop && running && html`<button type="button" class="stop" onClick=${onStop}>Stop</button>`}
        <fieldset class="voice-modes"><legend class="unseen">How you speak</legend>
          ${MODES.map(([mode, words]) => html`
            <label key=${mode} class="check small"><input type="radio" name="voice-mode" checked=${view.mode === mode} onChange=${() => choose(mode)} />${words}</label>`)}
        </fieldset>
        <button type="button" class="plain" onClick=${() => session.stop()}>Close the microphone</button>`}
    </div>`;
}
