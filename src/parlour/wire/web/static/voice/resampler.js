// From one rate of sound to another, piece by piece, without clicks at the seams: a windowed sinc. Pure.

const ZEROS = 12; // zero crossings of the sinc on each side
const STEPS = 256; // table entries between two of them
const ROLLOFF = 0.94;

// One side of the kernel: sinc under a Blackman window.
const TABLE = Float32Array.from({ length: ZEROS * STEPS + 2 }, (_, at) => {
  const x = at / STEPS;
  if (x >= ZEROS) return 0;
  const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
  return sinc * (0.42 + 0.5 * Math.cos((Math.PI * x) / ZEROS) + 0.08 * Math.cos((2 * Math.PI * x) / ZEROS));
});

function kernel(x) {
  const at = Math.abs(x) * STEPS;
  const whole = Math.floor(at);
  if (whole > ZEROS * STEPS) return 0;
  return TABLE[whole] + (TABLE[whole + 1] - TABLE[whole]) * (at - whole);
}

// `feed(samples)` gives the samples at the new rate that are certain by now; `flush()` gives the rest and starts afresh.
export class Resampler {
  constructor(from, to) {
    this.step = from / to;
    this.cutoff = Math.min(1, to / from) * ROLLOFF;
    this.half = Math.ceil(ZEROS / this.cutoff);
    this.same = from === to;
    this.reset();
  }

  reset() {
    this.kept = new Float32Array(this.half); // quiet before the first sample
    this.at = this.half; // where the next sample of the output is, in `kept`
  }

  feed(samples) {
    if (this.same) return samples;
    const all = new Float32Array(this.kept.length + samples.length);
    all.set(this.kept);
    all.set(samples, this.kept.length);
    const count = Math.max(0, Math.ceil((all.length - this.half - this.at) / this.step));
    const made = new Float32Array(count);
    for (let number = 0; number < count; number += 1) made[number] = this.sampleAt(all, this.at + number * this.step);
    const next = this.at + count * this.step;
    const drop = Math.max(0, Math.floor(next) - this.half);
    this.kept = all.slice(drop);
    this.at = next - drop;
    return made;
  }

  flush() {
    const rest = this.same ? new Float32Array(0) : this.feed(new Float32Array(this.half));
    this.reset();
    return rest;
  }

  sampleAt(all, place) {
    const first = Math.max(0, Math.ceil(place - this.half));
    const last = Math.min(all.length - 1, Math.floor(place + this.half));
    let sum = 0;
    for (let at = first; at <= last; at += 1) sum += all[at] * kernel((place - at) * this.cutoff);
    return sum * this.cutoff;
  }
}
