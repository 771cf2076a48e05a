// The stock socket.io-client, unmodified, drives a test of models event by event, is cut once in the middle, and
// comes back by itself. `node bench.mjs '{"url", "token", "benchmark_id"}'` prints one JSON object. With `kill`, the
// process id of the server, that is killed in the middle of the second run; somebody has to start another one.
import { io } from "socket.io-client";

const given = JSON.parse(process.argv[2]);
const events = [];
const connects = [];
let wake = () => {};

const socket = io(given.url, {
  transports: ["websocket"],
  auth: { token: given.token },
  reconnectionDelay: 20,
  reconnectionDelayMax: 50,
});
socket.on("connect", () => connects.push(socket.recovered));
socket.onAny((name, payload) => {
  events.push({ name, payload });
  wake();
});
setTimeout(() => {
  console.error(`no end after ${JSON.stringify(events.map((event) => event.name))}`);
  process.exit(1);
}, 60_000);

async function heard(name, members = {}) {
  const fits = (e) => e.name === name && Object.entries(members).every(([key, value]) => e.payload[key] === value);
  while (!events.some(fits)) await new Promise((resolve) => (wake = resolve));
  return events.find(fits).payload;
}

async function call(name, payload) {
  const ack = await socket.timeout(10_000).emitWithAck(name, payload);
  if (ack.ok !== true) throw new Error(`${name}: ${JSON.stringify(ack)}`);
  return ack;
}

await heard("connection_confirmed");
const { test_id } = await call("test_start", { benchmark_id: given.benchmark_id });
const runs = [];
for (;;) {
  const next = await call("test_next", { test_id });
  if (next.done) break;
  const ids = { test_id, test_invocation_id: next.invocation_id };
  const run = await call("test_run", { ...ids, run_id: next.run_id });
  await heard("test_progress", { type: "run_delta", run_id: run.run_id });
  if (runs.length === 0) socket.io.engine.close(); // as a lost network does: the manager reconnects by itself
  if (runs.length === 1 && given.kill) process.kill(given.kill, "SIGKILL");
  await heard("test_run_complete", { run_id: run.run_id });
  const end = await call("test_end", { ...ids, run_id: run.run_id });
  const graded = await heard("test_graded", { grade_id: end.grade_id });
  runs.push({ run_id: run.run_id, grade_id: end.grade_id, score: graded.score });
}
await heard("test_progress", { type: "all_complete", run_id: null });
socket.disconnect();
process.stdout.write(JSON.stringify({ events, connects, runs }), () => process.exit(0));
