// The stock socket.io-client, unmodified, with dialect glow-web: it talks, is graded, and comes back by itself
// when its network breaks. `node dialect.mjs '{"url", "token", "practice_id", "message"}'` prints one JSON object.
import { io } from "socket.io-client";

const given = JSON.parse(process.argv[2]);
const events = [];
const recovered = [];
const offsets = [];
let wake = () => {};

const socket = io(given.url, {
  transports: ["websocket"],
  auth: { token: given.token, dialect: "glow-web" },
  reconnectionDelay: 20,
  reconnectionDelayMax: 50,
});
socket.on("connect", () => recovered.push(socket.recovered));
socket.on("disconnect", () => offsets.push(socket._lastOffset));
socket.onAny((name, payload) => {
  if ("seq" in payload._meta) events.push({ name, payload });
  wake();
});
setTimeout(() => {
  console.error(`no end after ${JSON.stringify(events.map((event) => event.name))}`);
  process.exit(1);
}, 25_000);

async function heard(name, members = {}) {
  const fits = (e) => e.name === name && Object.entries(members).every(([key, value]) => e.payload[key] === value);
  while (!events.some(fits)) await new Promise((resolve) => (wake = resolve));
}

let requests = 0;

// A cut may take the acknowledgement: the same request is sent again until it is answered.
async function call(name, payload) {
  requests += 1;
  for (const request of Array(20).fill({ ...payload, client_request_id: `r${requests}` })) {
    const ack = await socket.timeout(5_000).emitWithAck(name, request).catch(() => null);
    if (ack) return ack;
  }
  throw new Error(`no answer to ${name}`);
}

const { attempt_id, attempt_chat_id: chat_id } = await call("attempt_start", { practice_id: given.practice_id });
await call("attempt_join", { chat_id });
await call("attempt_message", { attempt_id, chat_id, message: given.message });
await heard("attempt_complete", { chat_id });
const { grade_id } = await call("attempt_end", { attempt_id, chat_id });
await heard("attempt_grade_complete", { grade_id });
await new Promise((resolve) => setTimeout(resolve, 200));
socket.disconnect();
process.stdout.write(JSON.stringify({ events, recovered, offsets }), () => process.exit(0));
