// In the sound thread: plays pieces of 24 kHz sound one after the other without a gap, and counts what was played of each
// reply.
import { toFloat } from "./pcm.js";
import { Resampler } from "./resampler.js";

const RATE = 24_000;
const AHEAD_S = 0.12; // gathered before it begins, so that a late piece is no gap
const REPORT_S = 0.1;

class Play extends AudioWorkletProcessor {
  constructor() {
    super();
    this.resampler = new Resampler(RATE, sampleRate);
    this.pieces = [];
    this.queued = 0;
    this.waited = 0;
    this.running = false;
    this.open = true;
    this.tail = 0;
    this.id = null;
    this.played = 0;
    this.reported = 0;
    this.port.onmessage = ({ data }) => this.told(data);
  }

  told(message) {
    if (message.close) this.open = false;
    else if (message.flush) this.flush();
    else {
      const samples = this.resampler.feed(toFloat(message.pcm));
      this.pieces.push({ id: message.id, samples, at: 0 });
      this.queued += samples.length;
    }
  }

  flush() {
    this.pieces = [];
    this.queued = 0;
    this.running = false;
    this.resampler.reset();
    this.report();
  }

  process(_, [[out]]) {
    if (!this.running && this.queued > 0) {
      this.waited += out.length / sampleRate;
      this.running = this.queued / sampleRate >= AHEAD_S || this.waited >= AHEAD_S;
    }
    const filled = this.running ? this.fill(out) : 0;
    for (let at = filled; at < out.length; at += 1) {
      this.tail *= 0.95; // not a step to silence, which clicks
      out[at] = this.tail;
    }
    if (this.running && this.queued === 0) {
      this.running = false;
      this.waited = 0;
      this.report();
    } else if (this.played - this.reported >= REPORT_S * sampleRate) this.report();
    return this.open;
  }

  fill(out) {
    let filled = 0;
    while (filled < out.length && this.pieces.length > 0) {
      const piece = this.pieces[0];
      if (piece.id !== this.id) this.turnTo(piece.id);
      const count = Math.min(out.length - filled, piece.samples.length - piece.at);
      out.set(piece.samples.subarray(piece.at, piece.at + count), filled);
      piece.at += count;
      filled += count;
      this.played += count;
      this.queued -= count;
      if (piece.at === piece.samples.length) this.pieces.shift();
    }
    if (filled > 0) this.tail = out[filled - 1];
    return filled;
  }

  turnTo(id) {
    if (this.id !== null) this.report(true);
    Object.assign(this, { id, played: 0, reported: 0 });
  }

  // `over`: no more of this reply is being played.
  report(over = !this.running) {
    this.reported = this.played;
    this.port.postMessage({ id: this.id, playedMs: (this.played / sampleRate) * 1000, playing: !over });
  }
}

registerProcessor("parlour-play", Play);
