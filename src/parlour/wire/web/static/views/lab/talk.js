// The conversation: what was said, what happens now, the open question, and where one writes. A file may be dropped on it.
import { html, useLayoutEffect, useRef, useState } from "../../html.js";
import { Notice } from "../parts.js";
import { useFollow } from "../transcript.js";
import { ClearHistory } from "./clear.js";
import { LabComposer } from "./composer.js";
import { LabMessage, Spoken } from "./message.js";
import { Now } from "./now.js";
import { usePlayNow } from "./aloud.js";
import { FileOnItsWay, WordsOnTheirWay } from "./on-the-way.js";

const TIPS = ["Which of our papers measured contact resistance?", "Create an experiment", "How do I use the probe station?"];

export function Talk({ lab, onShow }) {
  const { store, outbox, sending } = lab;
  const { state } = store;
  const [clearing, setClearing] = useState(false);
  const [over, setOver] = useState(false);
  const box = useRef(null);
  const playNow = usePlayNow(state.messages);
  const waiting = outbox.list.filter((entry) => !arrived(entry, state.messages));
  useFollow(`${state.messages.length} ${state.draft?.text.length ?? 0} ${state.steps.length} ${waiting.length} ${sending.list.length} ${state.question?.question_id ?? ""}`);

  // One begins at the newest words, and sees what one says oneself.
  useLayoutEffect(() => toEnd(), []);
  const onSend = (message, file) => {
    requestAnimationFrame(toEnd);
    if (file) sending.add({ ...message, file });
    else outbox.add({ chatId: "lab", text: message.text, message, after: state.messages.length });
  };
  const drop = {
    onDragOver: (event) => { if (event.dataTransfer?.types.includes("Files")) { event.preventDefault(); setOver(true); } },
    onDragLeave: (event) => { if (!event.currentTarget.contains(event.relatedTarget)) setOver(false); },
    onDrop: (event) => { event.preventDefault(); setOver(false); box.current?.take(event.dataTransfer.files); },
  };
  const empty = state.messages.length + waiting.length + sending.list.length === 0;
  return html`
    <section class="talk lab-talk" aria-label="Conversation with the assistant" data-over=${over ? "yes" : undefined} ...${drop}>
      ${!empty && html`<p class="lab-bar"><button type="button" class="plain" onClick=${() => setClearing(true)}>Clear the history</button></p>`}
      ${!store.wholeRead && html`<p><button type="button" onClick=${() => store.readEarlier()}>Show earlier messages</button></p>`}
      ${empty && html`<${Welcome} embedded=${state.abilities.model === "embedded"} onTip=${(words) => box.current?.put(words)} />`}
      <ol class="messages">
        ${state.messages.map((message) => html`<${LabMessage} key=${message.message_id} lab=${lab} message=${message} onShow=${onShow} playNow=${playNow(message)} />`)}
        ${waiting.map((entry) => html`<${WordsOnTheirWay} key=${entry.id} entry=${entry} outbox=${outbox}
          onTakeBack=${() => { outbox.remove(entry.id); box.current?.put(entry.text); }} />`)}
        ${sending.list.map((entry) => html`<${FileOnItsWay} key=${entry.id} entry=${entry} sending=${sending} />`)}
      </ol>
      <${Now} lab=${lab} />
      <${Spoken} messages=${state.messages} />
      <${LabComposer} handle=${box} state=${state} onSend=${onSend} />
      ${over && html`<p class="drop-here" aria-hidden="true">Drop the file to attach it</p>`}
      ${clearing && html`<${ClearHistory} lab=${lab} onClose=${() => setClearing(false)} />`}
    </section>`;
}

// The server's copy of a message being sent may come before its acknowledgement.
function arrived(entry, messages) {
  return entry.state === "sending" && messages.slice(entry.after).some((message) => message.role === "person" && message.text === entry.text);
}

const toEnd = () => scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });

function Welcome({ embedded, onTip }) {
  return html`
    <div class="welcome">
      <p>Ask about papers, experiment logs and instruments, or drop a paper here. The assistant asks you before it changes anything.</p>
      ${embedded && html`<p class="quiet">It answers by looking things up: it quotes, and says so when it finds nothing.</p>`}
      <ul class="tips" aria-label="Ideas">
        ${TIPS.map((words) => html`<li key=${words}><button type="button" onClick=${() => onTip(words)}>${words}</button></li>`)}
      </ul>
    </div>`;
}
