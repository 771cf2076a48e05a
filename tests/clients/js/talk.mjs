// The stock socket.io-client, unmodified, as a learner: says two things, is cut, comes back, is graded.
// node talk.mjs '{"url", "token", "practice_id", "transports"}' prints one JSON object.

import { io } from "socket.io-client";

import { fail, listen } from "./listening.mjs";

const given = JSON.parse(process.argv[2]);
const connects = [];

const socket = io(given.url, {
  transports: given.transports,
  auth: { token: given.token },
  reconnectionDelay: 50,
  reconnectionDelayMax: 100,
});
const { events, heard, call } = listen(socket, 60);

socket.on("connect", () => connects.push({ id: socket.id, recovered: socket.recovered }));
socket.on("connect_error", (error) => {
  if (error.data) fail(`refused: ${JSON.stringify(error.data)}`);
});

await heard("connection_confirmed");
const first = socket.io.engine.transport.name;
const { attempt_id, attempt_chat_id: chat_id } = await call("attempt_start", { practice_id: given.practice_id });
await call("attempt_join", { chat_id });
const one = await call("attempt_message", { attempt_id, chat_id, message: "Hello. What have you tried?" });
await heard("attempt_assistant_complete", { message_id: one.assistant_message_id });
const transport = socket.io.engine.transport.name;

const two = await call("attempt_message", { attempt_id, chat_id, message: "And what was hard about it?" });
await heard("attempt_progress", { message_id: two.assistant_message_id });
socket.io.engine.close(); // as a lost network does: the manager reconnects by itself
await heard("attempt_assistant_complete", { message_id: two.assistant_message_id });

const ended = await call("attempt_end", { attempt_id, chat_id });
await heard("attempt_graded", { grade_id: ended.grade_id });
const gone = await new Promise((resolve) => socket.emit("attempt_stop", { chat_id: attempt_id }, resolve));
await heard("attempt_error");
socket.disconnect();
console.log(JSON.stringify({ chat_id, events, connects, transport, first, gone, replies: [one, two] }));
process.exit(0);
