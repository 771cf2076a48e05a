// A spoken message: the browser records it until it is sent or dropped, and gives it as 16 kHz sound. Not by way of an
// audio context, which leaves holes in the sound on a busy machine; one is used for the meter alone.
import { Problem } from "../problem.js";
import { checkMicrophone, hearMicrophone, stopStream } from "./microphone.js";
import { levelOf, mono, toInt16, wavOf } from "./pcm.js";

const RATE = 16_000;
const LOOK_MS = 40;
export const SECONDS_MAX = 120;

// `onLevel(level)`, `onSeconds(seconds)`: a whole second more is there. `onFull()`: more is not taken. `onLost()`: no microphone any more.
export class Recorder {
  constructor(told) {
    Object.assign(this, { told, round: 0, take: null });
  }

  // Resolves to whether it records: not if it was ended meanwhile. Call it while a press is handled.
  async start() {
    const round = (this.round += 1);
    checkMicrophone();
    const context = new AudioContext();
    context.resume().catch(() => undefined);
    const stream = await hearMicrophone().catch((problem) => {
      context.close();
      throw problem;
    });
    const take = new Take(stream, context, this.told);
    try {
      await take.begin();
    } catch (problem) {
      take.end();
      throw problem;
    }
    if (round === this.round) this.take = take;
    else take.end();
    return round === this.round;
  }

  // The recording as a WAV file; null if nothing was heard.
  async finish() {
    const round = this.round;
    this.take?.end();
    const recorded = new Blob(await this.take?.pieces);
    const sound = recorded.size > 0 ? await soundOf(recorded) : null;
    if (round !== this.round) return null;
    this.cancel();
    return sound && wavOf([sound], RATE);
  }

  cancel() {
    this.round += 1;
    this.take?.end();
    this.take = null;
  }
}

// What is heard from one press to the next. `pieces` resolves when it has ended.
class Take {
  constructor(stream, context, { onLevel, onSeconds, onFull, onLost }) {
    Object.assign(this, { stream, context, onLevel, onSeconds, onFull, onLost, recorder: null, pieces: null, timer: null, over: false });
  }

  // Resolves when it really records.
  async begin() {
    const recorder = new MediaRecorder(this.stream);
    const pieces = [];
    recorder.ondataavailable = ({ data }) => pieces.push(data);
    this.pieces = new Promise((resolve) => { recorder.onstop = () => resolve(pieces); });
    this.recorder = recorder;
    for (const track of this.stream.getTracks()) track.onended = () => this.endBy(this.onLost);
    await new Promise((resolve, reject) => {
      Object.assign(recorder, { onstart: resolve, onerror: reject });
      recorder.start();
    });
    if (!this.over) this.watch();
  }

  // The meter, the clock and the end of what is taken.
  watch() {
    const ear = new AnalyserNode(this.context, { fftSize: 2048 });
    this.context.createMediaStreamSource(this.stream).connect(ear);
    const samples = new Float32Array(ear.fftSize);
    const begun = performance.now();
    let seconds = 0;
    this.timer = setInterval(() => {
      ear.getFloatTimeDomainData(samples);
      this.onLevel(levelOf(samples));
      const now = Math.min(SECONDS_MAX, Math.floor((performance.now() - begun) / 1000));
      if (now !== seconds) this.onSeconds((seconds = now));
      if (seconds === SECONDS_MAX) this.endBy(this.onFull);
    }, LOOK_MS);
  }

  endBy(tell) {
    if (this.over) return;
    this.end();
    tell();
  }

  // No more is taken; what was recorded stays.
  end() {
    if (this.over) return;
    this.over = true;
    clearInterval(this.timer);
    if (this.recorder?.state === "recording") this.recorder.stop();
    stopStream(this.stream);
    this.context.close();
    this.onLevel(0);
  }
}

async function soundOf(recorded) {
  const reader = new OfflineAudioContext(1, 1, RATE);
  const sound = await reader.decodeAudioData(await recorded.arrayBuffer()).catch(() => {
    throw new Problem({ code: "not_recorded", detail: "This browser could not read its own recording. Please write instead." });
  });
  const channels = Array.from({ length: sound.numberOfChannels }, (_, at) => sound.getChannelData(at));
  return toInt16(mono(channels).subarray(0, SECONDS_MAX * RATE));
}
