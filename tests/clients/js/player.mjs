// The unmodified socket.io-client, told by lines of JSON what to do; it prints what it hears as lines of JSON.
// `node player.mjs URL TOKEN`, then on standard input: {"id", "call", "payload"}, {"fire", "payload"}, {"id", "read"},
// {"cut"}: lose the connection, as with a broken network.
// A command is sent again, under its `client_request_id`, until it is answered; reading is tried again as well.
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const ANSWER_MS = 3_000;
const TRIES = 20;
const [url, token] = process.argv.slice(2);
const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");
const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const socket = io(url, {
  auth: { token },
  transports: ["websocket"],
  reconnectionDelay: 20,
  reconnectionDelayMax: 60,
});
socket.on("connect", () => say({ connected: true, recovered: socket.recovered }));
socket.on("disconnect", (reason) => say({ disconnected: reason }));
socket.onAny((event, payload) => say({ event, payload }));

async function again(act) {
  for (let count = 0; count < TRIES; count += 1) {
    const done = await act().catch(() => null);
    if (done) return done;
    await rest(50);
  }
  return { gave_up: TRIES };
}

const call = ({ call: name, payload }) => again(() => socket.timeout(ANSWER_MS).emitWithAck(name, payload));

const read = ({ read: path }) =>
  again(async () => {
    const answer = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
    return { status: answer.status, text: await answer.text() };
  });

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  if (order.cut) socket.io.engine.close();
  else if (order.fire) socket.emit(order.fire, order.payload);
  else (order.call ? call(order) : read(order)).then((answer) => say({ id: order.id, answer }));
}
socket.disconnect();
