// In the sound thread: the microphone as frames of signed 16-bit samples at the rate that was asked for.
import { levelOf, mono, toInt16 } from "./pcm.js";
import { Resampler } from "./resampler.js";

class Capture extends AudioWorkletProcessor {
  constructor({ processorOptions: { rate, frameSamples } }) {
    super();
    this.resampler = new Resampler(sampleRate, rate);
    this.frame = new Float32Array(frameSamples);
    this.filled = 0;
    this.open = true;
    this.port.onmessage = ({ data }) => {
      if (data === "close") this.open = false;
      if (data !== "flush") return;
      this.take(this.resampler.flush());
      if (this.filled > 0) this.send();
      this.port.postMessage({ flushed: true });
    };
  }

  process([channels]) {
    if (channels.length > 0) this.take(this.resampler.feed(mono(channels)));
    return this.open;
  }

  take(samples) {
    for (let at = 0; at < samples.length;) {
      const count = Math.min(samples.length - at, this.frame.length - this.filled);
      this.frame.set(samples.subarray(at, at + count), this.filled);
      this.filled += count;
      at += count;
      if (this.filled === this.frame.length) this.send();
    }
  }

  send() {
    const samples = this.frame.subarray(0, this.filled);
    const pcm = toInt16(samples);
    const level = levelOf(samples);
    this.filled = 0;
    this.port.postMessage({ pcm, level }, [pcm.buffer]);
  }
}

registerProcessor("parlour-capture", Capture);
