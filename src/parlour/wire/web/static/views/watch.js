// A video that stops at its questions. It cannot pass one that is not answered (specification 6.5).
import { html, useRef, useState } from "../html.js";
import { barrierOf, progressOf, resumeAt, stopBetween } from "../quiz.js";
import { Notice } from "./parts.js";
import { Question } from "./question.js";
import { useTicket } from "./use-ticket.js";

const NEAR_S = 0.05;
const RENEW_MS = 30_000;

export function Watch({ api, video, questions, answers, onAnswer, readOnly }) {
  const source = useTicket(api, video.uploadId);
  const [broken, setBroken] = useState(false);
  const renewed = useRef(0);
  const player = useRef(null);
  const at = useRef(0);
  const [asked, setAsked] = useState(null);
  const timed = questions.filter((question) => question.times.length > 0);
  const live = useRef(answers);
  live.current = answers;

  const stopAt = (stop) => {
    at.current = stop.at;
    player.current.pause();
    if (Math.abs(player.current.currentTime - stop.at) > NEAR_S) player.current.currentTime = stop.at;
    if (document.fullscreenElement) document.exitFullscreen();
    setAsked(stop);
  };
  const look = (playing) => {
    if (readOnly || !player.current) return;
    const to = player.current.currentTime;
    const stop = stopBetween(timed, live.current, { from: at.current, to: to + (playing ? 0 : NEAR_S), playing });
    if (stop) stopAt(stop);
    else if (playing || Math.abs(to - at.current) > NEAR_S) at.current = to;
  };
  // The address runs out after a while; a second failure at once is the video's own.
  const fail = () => {
    const again = Date.now() - renewed.current < RENEW_MS;
    renewed.current = Date.now();
    if (again) setBroken(true);
    else source.renew();
  };
  const begin = () => {
    if (readOnly || at.current > 0) player.current.currentTime = at.current;
    else player.current.currentTime = at.current = resumeAt(timed, live.current);
  };
  const ended = () => {
    const left = !readOnly && barrierOf(timed, live.current);
    if (left) setAsked(left);
  };
  const goOn = () => {
    setAsked(null);
    player.current.focus({ preventScroll: true });
    if (!player.current.ended) player.current.play().catch(() => undefined);
  };
  const answer = async (question, optionIds) => {
    const ack = await onAnswer(question, optionIds);
    live.current = { ...live.current, [question.id]: live.current[question.id] ?? [{ id: ack.response_id, optionIds, correct: ack.is_correct }] };
    return ack;
  };
  const question = asked && !readOnly && questions.find((one) => one.id === asked.question.id);
  return html`
    <section class="watch" aria-label=${video.name}>
      <${Notice} text=${broken ? "This browser cannot play the video." : source.problem?.detail}><button type="button" onClick=${source.renew}>Try again</button><//>
      <div class="screen">
        ${source.url && html`
          <video ref=${player} src=${source.url} controls playsinline preload="metadata" disablepictureinpicture controlslist="nodownload"
            aria-label=${video.name} onLoadedMetadata=${begin} onTimeUpdate=${() => look(!player.current?.seeking)} onSeeking=${() => look(false)}
            onPlay=${() => (asked && barrierOf(timed, live.current)?.at === asked.at ? stopAt(asked) : setAsked(null))} onEnded=${ended} onError=${fail}>
            ${video.captions.map((track, index) => html`<${Captions} key=${track.uploadId} api=${api} track=${track} first=${index === 0} />`)}
          </video>`}
      </div>
      <${Progress} video=${video} questions=${timed} answers=${answers} />
      ${question && html`<${Question} key=${`${question.id} ${asked.at}`} question=${question} answers=${answers[question.id] ?? []}
        onAnswer=${answer} onGoOn=${goOn} takeFocus=${true} />`}
    </section>`;
}

function Captions({ api, track, first }) {
  const source = useTicket(api, track.uploadId);
  return source.url && html`<track kind="captions" src=${source.url} srclang=${track.language} label=${track.label} default=${first} />`;
}

function Progress({ video, questions, answers }) {
  const { count, answered } = progressOf(questions, answers);
  const words = count > 0 ? `${answered} of ${count} ${count === 1 ? "question" : "questions"} answered` : "";
  return html`<p class="watch-foot"><strong>${video.name}</strong>${words && html`<span class="quiet">${words}</span>`}</p>`;
}
