// A spoken message: the microphone, kept as 16 kHz sound until it is sent or dropped.
import { contextAt, openMicrophone } from "./microphone.js";
import { wavOf } from "./pcm.js";

const RATE = 16_000;
const FRAME_MS = 40;
export const SECONDS_MAX = 120;

// `onLevel(level)`, `onSeconds(seconds)`: a whole second more is there. `onFull()`: more is not taken. `onLost()`: no microphone any more.
export class Recorder {
  constructor({ onLevel, onSeconds, onFull, onLost }) {
    Object.assign(this, { onLevel, onSeconds, onFull, onLost, pieces: [], samples: 0, round: 0, context: null, microphone: null });
  }

  // Resolves to whether it records: not if it was ended meanwhile. Call it while a press is handled.
  async start() {
    const round = (this.round += 1);
    Object.assign(this, { pieces: [], samples: 0 });
    const context = contextAt(RATE);
    context.resume().catch(() => undefined);
    try {
      const microphone = await openMicrophone({ context, rate: RATE, frameMs: FRAME_MS, onFrame: (pcm, level) => this.take(round, pcm, level), onLost: this.onLost });
      if (round === this.round) {
        Object.assign(this, { context, microphone });
        return true;
      }
      microphone.close();
    } catch (problem) {
      context.close();
      throw problem;
    }
    context.close();
    return false;
  }

  take(round, pcm, level) {
    if (round !== this.round || this.full) return;
    this.onLevel(level);
    const before = this.seconds;
    this.pieces.push(pcm);
    this.samples += pcm.length;
    if (this.seconds !== before) this.onSeconds(this.seconds);
    if (this.full) {
      this.release();
      this.onFull();
    }
  }

  get seconds() {
    return Math.floor(this.samples / RATE);
  }

  get full() {
    return this.samples >= SECONDS_MAX * RATE;
  }

  // The recording as a WAV file; null if nothing was heard.
  async finish() {
    const round = this.round;
    await this.microphone?.flush();
    if (round !== this.round) return null;
    const made = this.samples > 0 ? wavOf(this.pieces, RATE) : null;
    this.cancel();
    return made;
  }

  cancel() {
    this.round += 1;
    this.release();
    Object.assign(this, { pieces: [], samples: 0 });
  }

  release() {
    this.microphone?.close();
    this.context?.close();
    Object.assign(this, { microphone: null, context: null });
    this.onLevel(0);
  }
}
