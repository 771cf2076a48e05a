// The unmodified socket.io-client in a person's conversation: prints what it hears as lines of JSON.
// `node person.mjs URL TOKEN`, then on standard input: {"cut": true}, {"end": true}.
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const [url, token] = process.argv.slice(2);
const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");
const socket = io(url, {
  auth: { token },
  transports: ["websocket"],
  reconnectionDelay: 20,
  reconnectionDelayMax: 100,
});
let joined = false;
let last = null;

socket.on("connect", () => {
  say({ connected: socket.id, recovered: socket.recovered });
  if (socket.recovered && joined) return;
  joined = false;
  socket.emit("person_join", last ? { since: last } : {}, (ack) => {
    joined = ack.ok;
    if (ack.ok && !last) last = `${ack.cursor.epoch}:${ack.cursor.seq}`;
    say({ joined: ack });
  });
});
socket.on("connect_error", (error) => error.data && say({ refused: error.data.code }));
socket.onAny((name, payload) => {
  if (payload._meta || name === "person_joined") return;
  last = `${payload.epoch}:${payload.seq}`;
  say({ name, room: payload.room, seq: payload.seq, from_seq: payload.from_seq ?? null });
});

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  if (order.cut) {
    socket.io.engine.close();
  } else if (order.end) {
    socket.disconnect();
    break;
  }
}
