// The microphone, and it as frames of sound. Asks for it, and says in words why there is none.
import { Problem } from "../problem.js";

const GO_ON = "You can go on in writing.";
const WHY = {
  NotAllowedError: `The microphone is not allowed for this page. You can allow it beside the address of the page. ${GO_ON}`,
  SecurityError: `The microphone is not allowed for this page. ${GO_ON}`,
  NotFoundError: `No microphone was found. Connect one and try again. ${GO_ON}`,
  OverconstrainedError: `No microphone was found. Connect one and try again. ${GO_ON}`,
  NotReadableError: `The microphone cannot be used: another program may be using it. ${GO_ON}`,
  AbortError: `The microphone could not be opened. ${GO_ON}`,
};
const WORKLET = new URL("./capture-worklet.js", import.meta.url);
const FLUSH_MS = 500;

// What is asked of the browser: its own echo is taken out, so that open microphones do not hear the answer. Noise is left
// in: the engine copes with it, and what takes it out damages quiet words.
const WANTED = { channelCount: 1, echoCancellation: true, noiseSuppression: false, autoGainControl: true };

// Balanced, not as fast as can be: a busy machine would leave holes in the sound.
export const contextAt = (rate) => {
  try {
    return new AudioContext({ sampleRate: rate, latencyHint: "balanced" });
  } catch {
    return new AudioContext({ latencyHint: "balanced" });
  }
};

export function checkMicrophone() {
  if (!navigator.mediaDevices?.getUserMedia) throw none(`Browsers open the microphone only for pages with a secure address (https). ${GO_ON}`);
  if (!globalThis.AudioWorkletNode || !globalThis.MediaRecorder) throw none(`This browser cannot record sound in a page. ${GO_ON}`);
}

// Asks for the microphone.
export const hearMicrophone = () => navigator.mediaDevices.getUserMedia({ audio: WANTED }).catch((error) => {
  throw none(WHY[error.name] ?? WHY.AbortError);
});

export const stopStream = (stream) => {
  for (const track of stream.getTracks()) {
    track.onended = null;
    track.stop();
  }
};

// `onFrame(pcm, level)`: an Int16Array of `frameMs` at `rate`. `onLost()`: it was unplugged or taken away.
// `context`: used if it can hear the microphone; some browsers want one at the microphone's own rate.
export async function openMicrophone({ context, rate, frameMs, onFrame, onLost }) {
  checkMicrophone();
  const stream = await hearMicrophone();
  try {
    return await listen({ stream, context, rate, frameMs, onFrame, onLost });
  } catch {
    stopStream(stream);
    throw none(WHY.AbortError);
  }
}

async function listen({ stream, context, rate, frameMs, onFrame, onLost }) {
  const { used, source } = await sourceOf(stream, context);
  const options = { numberOfOutputs: 0, processorOptions: { rate, frameSamples: Math.round((rate * frameMs) / 1000) } };
  const node = new AudioWorkletNode(used, "parlour-capture", options);
  let flushed = () => undefined;
  node.port.onmessage = ({ data }) => (data.flushed ? flushed() : onFrame(data.pcm, data.level));
  for (const track of stream.getTracks()) track.onended = onLost;
  source.connect(node);
  return {
    // Resolves when all that was heard so far has gone to `onFrame`.
    flush: () => new Promise((resolve) => {
      flushed = resolve;
      setTimeout(resolve, FLUSH_MS);
      node.port.postMessage("flush");
    }),
    close: () => {
      node.port.postMessage("close");
      node.port.onmessage = null;
      source.disconnect();
      stopStream(stream);
      if (used !== context) used.close();
    },
  };
}

async function sourceOf(stream, context) {
  try {
    const source = context.createMediaStreamSource(stream);
    await context.audioWorklet.addModule(WORKLET);
    return { used: context, source };
  } catch {
    const used = new AudioContext();
    await used.audioWorklet.addModule(WORKLET);
    return { used, source: used.createMediaStreamSource(stream) };
  }
}

const none = (detail) => new Problem({ code: "no_microphone", detail });
