// The unmodified socket.io-client, told by lines of JSON what to do; it prints what it hears as lines of JSON.
// `node recovery.mjs URL TOKEN`, then on standard input: {"join": chatId}, {"cut": true}, {"end": true}.
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
socket.on("connect", () => say({ connected: socket.id, recovered: socket.recovered }));
socket.on("disconnect", (reason) => say({ disconnected: reason }));
socket.onAny((event, payload) => say({ event, meta: payload._meta, message: payload.message_id, text: payload.content }));

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  if (order.join) {
    socket.emit("attempt_join", { chat_id: order.join, since: 0 }, (ack) => say({ joined: ack }));
  } else if (order.cut) {
    socket.io.engine.close();
  } else if (order.end) {
    socket.disconnect();
    break;
  }
}
