// What there is to a spoken message besides its words: its recording, what was not heard of an answer, and a dispute over
// what was understood.
import { ROOT } from "../../api.js";
import { html } from "../../html.js";
import { unheardOf } from "../../voice-words.js";
import { Decision, DisputeForm, DisputeState } from "./dispute.js";
import { Recording } from "./recording.js";

export function SpokenFoot({ api, state, chat, spoken, reload }) {
  const { utterance, reply } = spoken;
  if (reply) return html`<${Unheard} text=${unheardOf(reply)} />`;
  const { recording } = utterance;
  const shared = { api, chatId: chat.id, utterance, reload };
  return html`
    <div class="spoken">
      ${utterance.unclear.length > 0 && html`<span class="unclear-note">Underlined words were not heard clearly. They cannot lower a grade.</span>`}
      ${recording && html`<${Recording} key=${recording.upload_id} address=${() => addressOf(api, recording)} words=${state.own ? "Play what you said" : "Listen"} label="Recording" />`}
      ${utterance.recording_removed && html`<span>The recording is no longer kept.</span>`}
      ${utterance.may_dispute && html`<${DisputeForm} ...${shared} />`}
      <${DisputeState} own=${state.own} utterance=${utterance} />
      ${utterance.may_decide && html`<${Decision} ...${shared} />`}
    </div>`;
}

const addressOf = async (api, { upload_id: uploadId }) => new URL((await api.ticket(uploadId)).url, ROOT).href;

function Unheard({ text }) {
  if (!text) return null;
  return html`<details class="unheard"><summary>What was not heard</summary><p class="prose">${text}</p></details>`;
}

// Words of a message; those that were not heard clearly are underlined, and say so to who points at them or listens.
export function UnclearWords({ pieces }) {
  return pieces.map((piece) => (piece.unclear
    ? html`<span class="unclear" title="Not heard clearly"><span class="unseen">(not clear:) </span>${piece.text}</span>` : piece.text));
}
