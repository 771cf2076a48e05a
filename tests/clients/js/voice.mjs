// The stock socket.io-client, unmodified, as a learner who speaks: sends sound in frames of 256 bytes as fast as
// somebody speaks it, and keeps the sound of the answer. Prints one JSON object, its sound in base64.
// node voice.mjs '{"url", "token", "practice_id", "transports", "sound": file of PCM16 at 24 kHz}'

import { readFileSync } from "node:fs";
import { io } from "socket.io-client";

import { fail, listen } from "./listening.mjs";

const FRAME_BYTES = 256;
const TICK_MS = 20;
const BYTES_PER_MS = 48;

const given = JSON.parse(process.argv[2]);
const socket = io(given.url, { transports: given.transports, auth: { token: given.token } });

const { events, heard, call } = listen(socket, 60, (payload) =>
  payload.audio instanceof Uint8Array ? { ...payload, audio: Buffer.from(payload.audio).toString("base64") } : payload,
);

socket.on("disconnect", (reason) => fail(`disconnected: ${reason}`));

async function speak(chat_id, sound) {
  const began = Date.now();
  let sent = 0;
  let seq = 0;
  while (sent < sound.length) {
    const due = Math.min(sound.length, (Date.now() - began + TICK_MS) * BYTES_PER_MS);
    for (; sent < due; sent += FRAME_BYTES) {
      socket.emit("attempt_audio_frame", { chat_id, audio: sound.subarray(sent, sent + FRAME_BYTES), seq: seq++ });
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
}

await heard("connection_confirmed");
const { attempt_chat_id: chat_id } = await call("attempt_start", { practice_id: given.practice_id });
await call("attempt_audio_start", { chat_id });
await heard("attempt_audio_ready", { chat_id });
await speak(chat_id, readFileSync(given.sound));
await heard("attempt_user_complete", { chat_id });
await heard("attempt_assistant_complete", { chat_id });
await call("attempt_audio_stop", { chat_id });
await heard("attempt_audio_ended", { chat_id });
const transport = socket.io.engine.transport.name;
socket.off("disconnect");
socket.disconnect();
process.stdout.write(JSON.stringify({ chat_id, events, transport }), () => process.exit(0));
