// Sound as signed 16-bit samples, and what is made of it. Pure.

export function toInt16(samples) {
  const made = new Int16Array(samples.length);
  for (let at = 0; at < samples.length; at += 1) made[at] = Math.max(-32768, Math.min(32767, Math.round(samples[at] * 32768)));
  return made;
}

export function toFloat(pcm) {
  const made = new Float32Array(pcm.length);
  for (let at = 0; at < pcm.length; at += 1) made[at] = pcm[at] / 32768;
  return made;
}

// Channels as one.
export function mono(channels) {
  if (channels.length === 1) return channels[0];
  return channels[0].map((_, at) => channels.reduce((sum, channel) => sum + channel[at], 0) / channels.length);
}

// How loud it is, from 0 to 1: decibels between -60 and 0, so that quiet speech is seen.
export function levelOf(samples) {
  if (samples.length === 0) return 0;
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const decibels = 10 * Math.log10(sum / samples.length + 1e-12);
  return Math.max(0, Math.min(1, (decibels + 60) / 60));
}

// A WAV file (RIFF, PCM, 16 bits, mono) of pieces of Int16Array.
export function wavOf(pieces, rate) {
  const bytes = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
  const head = new DataView(new ArrayBuffer(44));
  const word = (at, text) => [...text].forEach((letter, index) => head.setUint8(at + index, letter.charCodeAt(0)));
  word(0, "RIFF");
  head.setUint32(4, 36 + bytes, true);
  word(8, "WAVEfmt ");
  head.setUint32(16, 16, true);
  head.setUint16(20, 1, true);
  head.setUint16(22, 1, true);
  head.setUint32(24, rate, true);
  head.setUint32(28, rate * 2, true);
  head.setUint16(32, 2, true);
  head.setUint16(34, 16, true);
  word(36, "data");
  head.setUint32(40, bytes, true);
  return new Blob([head.buffer, ...pieces], { type: "audio/wav" });
}
