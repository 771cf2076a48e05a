// "That is not what I said": the learner writes what they said, staff listen and decide.
import { html, useEffect, useRef, useState } from "../../html.js";

const LENGTH_MAX = 32_000;

export function DisputeForm({ api, chatId, utterance, reload }) {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const [problem, setProblem] = useState(null);
  const [sending, setSending] = useState(false);
  const field = useRef(null);
  const asker = useRef(null);
  const id = `dispute-${utterance.item_id}`;
  useEffect(() => { if (open) field.current.focus(); }, [open]);
  const close = () => { setOpen(false); setTimeout(() => asker.current?.focus(), 0); };
  const begin = () => { setText(utterance.content ?? utterance.text); setProblem(null); setOpen(true); };
  if (!open) return html`<button ref=${asker} type="button" class="plain" onClick=${begin}>That is not what I said</button>`;
  const send = async (event) => {
    event.preventDefault();
    setSending(true);
    try {
      await api.dispute(chatId, utterance.item_id, text.trim());
      setOpen(false);
      await reload();
    } catch (refusal) {
      setProblem(refusal.detail);
    }
    setSending(false);
  };
  return html`
    <form class="dispute" onSubmit=${send} onKeyDown=${(event) => { if (event.key === "Escape") close(); }}>
      <label for=${id}>What you said</label>
      <textarea id=${id} ref=${field} rows="2" required maxlength=${LENGTH_MAX} value=${text} onInput=${(event) => setText(event.target.value)}></textarea>
      <p class="quiet small">Whoever decides can listen to the recording. Until then these words cannot lower your grade.</p>
      ${problem && html`<p role="alert">${problem}</p>`}
      <p class="row end"><button type="button" onClick=${close}>Cancel</button>
        <button type="submit" class="primary" disabled=${sending || !text.trim()}>Send</button></p>
    </form>`;
}

const BECAME = { open: "not decided yet", accepted: "accepted", declined: "declined" };

export function DisputeState({ own, utterance }) {
  const { dispute } = utterance;
  if (!dispute) return null;
  const accepted = dispute.state === "accepted";
  return html`
    <p class="dispute-state" role="status">
      <span class="tag" data-status=${dispute.state === "declined" ? "missed" : undefined}>Disputed: ${BECAME[dispute.state] ?? dispute.state}</span>
      ${accepted ? html` <span>Understood before: “${utterance.text}”</span>` : html` <span>${own ? "You say" : "The learner says"}: “${dispute.text}”</span>`}
    </p>`;
}

export function Decision({ api, chatId, utterance, reload }) {
  const [problem, setProblem] = useState(null);
  const [done, setDone] = useState(null);
  const decide = async (accept) => {
    setProblem(null);
    try {
      const decided = await api.decideDispute(chatId, utterance.item_id, accept);
      setDone(decided.grade_is_older ? "The grade is from before this decision. You can have it graded again." : null);
      await reload();
    } catch (refusal) {
      setProblem(refusal.detail);
    }
  };
  return html`
    <span class="row">
      <button type="button" onClick=${() => decide(true)}>Accept<span class="unseen"> the dispute</span></button>
      <button type="button" onClick=${() => decide(false)}>Decline<span class="unseen"> the dispute</span></button>
      ${problem && html`<span role="alert">${problem}</span>`}${done && html`<span role="status">${done}</span>`}
    </span>`;
}
