// One chat: the scenario, its video and questions, the conversation, and the composer while it is open or the grade when
// it is done. Who watches (staff) can stop and end, not speak.
import { html, useEffect, useRef, useState } from "../html.js";
import { choicesFor, choose, pathOf } from "../message-tree.js";
import { toMessage } from "../router.js";
import { runningIn } from "../attempt-state.js";
import { Branches } from "./branches.js";
import { Composer } from "./composer.js";
import { Grade, GradeSoFar } from "./grade.js";
import { GradeAgain } from "./grade-again.js";
import { Material } from "./material.js";
import { Confirm, useLostFocus } from "./parts.js";
import { Presence } from "./presence.js";
import { Scenario } from "./scenario.js";
import { Timer } from "./timer.js";
import { Hints, Transcript } from "./transcript.js";
import { useSpeech } from "./voice/use-speech.js";
import { useVoice } from "./voice/use-voice.js";
import { VoiceBar } from "./voice/voice-bar.js";

export function ChatView({ api, connection, state, chat, outbox, command, place }) {
  const messages = state.messages[chat.id] ?? [];
  const [choices, setChoices] = useState({});
  const [editing, setEditing] = useState(null);
  const [mark, setMark] = useState(null);
  const [asking, setAsking] = useState(false);
  const [grading, setGrading] = useState(false);
  const box = useRef(null);
  const heading = useRef(null);
  const path = pathOf(messages, choices);
  const running = runningIn(state, chat.id);
  const waiting = outbox.list.filter((entry) => entry.chatId === chat.id && !arrived(entry, messages));
  const grade = state.grades[chat.id];
  const voice = useVoice({ chat, connection });
  const aloud = voice.view.phase === "open";
  const speech = useSpeech({ api, chat, messages, voiceUsed: aloud });
  const hearing = state.hearing[chat.id] ?? null;

  const show = (messageId, quote = null) => {
    setChoices((before) => choicesFor(messages, messageId, before));
    setMark({ messageId, quote });
  };
  const linked = messages.some((message) => message.id === place.messageId) ? place.messageId : null;
  useEffect(() => { if (linked && mark?.messageId !== linked) show(linked); }, [linked]);

  const wasOpen = useRef(!chat.completed);
  useEffect(() => {
    if (!wasOpen.current || !chat.completed) return;
    wasOpen.current = false;
    scrollTo({ top: 0, behavior: "instant" });
    (document.getElementById("grade-title") ?? heading.current).focus({ preventScroll: true });
  }, [chat.completed]);
  useLostFocus(heading, chat.id);

  const send = (text) => {
    const parentId = editing?.id ?? branchPoint(messages, path);
    setEditing(null);
    setChoices({});
    outbox.add({ chatId: chat.id, text, parentId, after: messages.length });
  };
  const end = () => {
    setAsking(false);
    command("attempt_end", { chat_id: chat.id, grade: true });
  };
  const stop = () => command("attempt_stop", { chat_id: chat.id });
  const quoteLink = { href: (messageId) => toMessage(state.attemptId, messageId), onQuote: show };
  const graded = { api, call: connection.call, state, chat, grade, messages, command, link: quoteLink };
  const open = !chat.completed;
  const talks = talksIn(chat, messages);
  return html`
    <div class="chat" data-open=${open ? "yes" : "no"}>
      <div class="side">
        ${!open && (talks || grade) && html`<${Grade} ...${graded} />`}
        <${Scenario} api=${api} chat=${chat} state=${state} startOpen=${open} />
        ${open && grade && html`<${GradeSoFar} ...${graded} />`}
      </div>
      <section class="talk" aria-label="Conversation" onCopy=${chat.copyPaste ? undefined : (event) => event.preventDefault()}>
        <div class="talk-bar">
          <h2 ref=${heading} tabindex="-1">${talkTitle(state, chat)}</h2>
          <${Timer} chat=${chat} now=${connection.serverNow} />
          ${chat.ended && html`<span class="quiet">${chat.ended}</span>`}
          ${open && !state.own && running && html`<button type="button" class="stop" onClick=${stop}>Stop</button>`}
          ${open && !state.own && chat.hasRubric && html`<button type="button" disabled=${messages.length === 0} onClick=${() => setGrading(true)}>Grade</button>`}
          ${open && html`<button type="button" onClick=${() => setAsking(true)}>End<span class="roomy"> ${talks ? "conversation" : "scenario"}</span></button>`}
        </div>
        <${Presence} people=${state.people[chat.id]} me=${connection.profileId()} />
        <${Material} api=${api} state=${state} chat=${chat} call=${connection.call} />
        <${Branches} api=${api} state=${state} chat=${chat} messages=${messages} path=${path} call=${connection.call} onShow=${show} />
        ${talks && html`<${Transcript} state=${state} path=${path} waiting=${waiting} outbox=${outbox} mark=${mark} editable=${open && state.own && chat.textEnabled}
          editing=${editing} onEdit=${setEditing} onTakeBack=${(entry) => { outbox.remove(entry.id); box.current?.put(entry.text); }}
          graded=${Boolean(grade)} hearing=${hearing} speech=${speech} voiced=${{ api, chat, reload: speech.reload }} aloud=${aloud} onSibling=${(message, id) => setChoices((before) => choose(before, message, id))} />`}
        ${open && state.own && state.practice && html`<${Hints} path=${path} running=${running} />`}
        ${open && state.own && talks && html`
          <div class="dock">
            ${chat.audioEnabled && html`<${VoiceBar} voice=${voice} hearing=${hearing} running=${running} name=${answerer(state, chat, running)}
              onStop=${chat.textEnabled ? null : stop} />`}
            <${Composer} handle=${box} chat=${chat} editing=${editing} running=${running} waiting=${waiting.length > 0}
              onSend=${send} onStop=${stop} onCancelEdit=${() => setEditing(null)} />
          </div>`}
      </section>
      ${grading && html`<${GradeAgain} state=${state} chat=${chat} call=${connection.call} onClose=${() => setGrading(false)} />`}
      ${asking && html`<${Confirm} ...${ending(state, chat, messages)} onYes=${end} onNo=${() => setAsking(false)} />`}
    </div>`;
}

// A scenario may be a video or a quiz alone.
const talksIn = (chat, messages) => chat.textEnabled || chat.audioEnabled || messages.length > 0;

function ending(state, chat, messages) {
  const spoken = messages.some((message) => message.type === "query");
  const graded = spoken && chat.hasRubric;
  const whose = state.own ? "You cannot" : "Nobody can";
  return {
    title: `End this ${talksIn(chat, messages) ? "conversation" : "scenario"}?`, yes: graded ? "End and grade" : "End",
    text: `${whose} add to it afterwards. ${graded ? "It will be graded, and you" : "You"} can read it again at any time.`,
  };
}

// Continues an earlier branch only if that is what the person looks at; otherwise the server takes the newest leaf.
function branchPoint(messages, path) {
  const shown = path.at(-1)?.message.id ?? null;
  return shown === (pathOf(messages).at(-1)?.message.id ?? null) ? null : shown;
}

// The server's copy of a message being sent may come before its acknowledgement.
function arrived(entry, messages) {
  return entry.state === "sending" && messages.slice(entry.after).some((message) => (
    message.type === "query" && message.contents[0]?.text === entry.text));
}

function answerer(state, chat, running) {
  const id = running?.contents.at(-1)?.personaId ?? running?.personaId ?? chat.personaIds[0];
  return state.personas[id]?.name ?? "The other side";
}

function talkTitle(state, chat) {
  if (!talksIn(chat, [])) return chat.title;
  const names = chat.personaIds.map((id) => state.personas[id]?.name).filter(Boolean);
  return names.length > 0 ? `With ${new Intl.ListFormat("en").format(names)}` : chat.title;
}
