// Whether answers are spoken, and whether spoken ones play by themselves. Kept for this browser.
import { html, useRef, useState } from "../../html.js";

const KEY = "parlour.lab.aloud";
const USUAL = { typed: false, play: true };

export function aloudOf() {
  try {
    return { ...USUAL, ...JSON.parse(localStorage.getItem(KEY)) };
  } catch {
    return USUAL;
  }
}

export function Aloud() {
  const [chosen, setChosen] = useState(aloudOf);
  const choose = (change) => {
    const next = { ...chosen, ...change };
    setChosen(next);
    try {
      localStorage.setItem(KEY, JSON.stringify(next));
    } catch { /* it cannot be kept here */ }
  };
  return html`
    <fieldset class="steer"><legend class="unseen">Spoken answers</legend><span class="small narrow" aria-hidden="true">Aloud:</span>
      <label class="check small"><input type="checkbox" checked=${chosen.typed} onChange=${(event) => choose({ typed: event.target.checked })} /><span><span class="roomy">Answer </span>what I type<span class="roomy"> aloud</span></span></label>
      <label class="check small"><input type="checkbox" checked=${chosen.play} onChange=${(event) => choose({ play: event.target.checked })} /><span>Play<span class="roomy"> spoken answers</span> at once</span></label>
    </fieldset>`;
}

// Which message begins to speak by itself: the newest of the assistant's, if it came while one was here.
export function usePlayNow(messages) {
  const known = useRef(null);
  known.current ??= new Set(messages.map((message) => message.message_id));
  const newest = messages.findLast((message) => message.role === "assistant")?.message_id;
  return ({ message_id: id }) => id === newest && !known.current.has(id) && aloudOf().play;
}
