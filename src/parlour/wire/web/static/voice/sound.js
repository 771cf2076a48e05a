// The sound of a voice session: replies are played, the microphone is heard, at 24 kHz.
import { checkMicrophone, contextAt, openMicrophone } from "./microphone.js";

const RATE = 24_000;
const FRAME_MS = 40;
const WORKLET = new URL("./play-worklet.js", import.meta.url);

// Call it while a press is handled: browsers let a page sound only then. `onPlayed({ id, playedMs, playing })`: how much of
// a reply has left the loudspeaker, a few times a second, and when it ends.
export async function openSound({ onPlayed }) {
  checkMicrophone();
  const context = contextAt(RATE);
  context.resume().catch(() => undefined);
  try {
    await context.audioWorklet.addModule(WORKLET);
  } catch (error) {
    context.close();
    throw error;
  }
  const node = new AudioWorkletNode(context, "parlour-play", { numberOfInputs: 0, outputChannelCount: [1] });
  node.connect(context.destination);
  node.port.onmessage = ({ data }) => {
    if (data.id !== null) onPlayed({ ...data, playedMs: data.playing ? Math.max(0, data.playedMs - latencyMs(context)) : data.playedMs });
  };
  return {
    play: (id, pcm) => node.port.postMessage({ id, pcm }),
    flush: () => node.port.postMessage({ flush: true }),
    listen: (told) => openMicrophone({ context, rate: RATE, frameMs: FRAME_MS, ...told }),
    close: () => {
      node.port.postMessage({ close: true });
      node.disconnect();
      return context.close();
    },
  };
}

// Between what was handed on and what is heard.
const latencyMs = (context) => ((context.outputLatency || 0) + (context.baseLatency || 0)) * 1000;
