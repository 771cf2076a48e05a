// npm install socket.io-client && node client.mjs URL TOKEN
import { io } from "socket.io-client";

const practice_id = "91c771fd-88d2-5f0d-9f3b-e9785af15db9"; // "Practice: office hours"; GET /api/v1/practice lists all
const socket = io(process.argv[2], { auth: { token: process.argv[3] } });
const heard = (event) => new Promise((resolve) => socket.once(event, resolve));
const call = async (operation, payload) => {
  const answer = await socket.timeout(10_000).emitWithAck(operation, payload);
  return answer.ok ? answer : Promise.reject(new Error(answer.error.detail));
};
const [answered, graded, quotes] = [heard("attempt_assistant_complete"), heard("attempt_graded"), []];
socket.on("attempt_progress", ({ content }) => process.stdout.write(content));
socket.on("attempt_grading_progress", ({ entry }) => quotes.push(...(entry?.evidence ?? [])));
const { attempt_id, attempt_chat_id: chat_id } = await call("attempt_start", { practice_id });
await call("attempt_message", { attempt_id, chat_id, message: "I am glad that you came. What have you tried so far?" });
await answered;
await call("attempt_end", { attempt_id, chat_id });
const { score, total_points } = await graded;
console.log(`\n${score} of ${total_points} points, partly for: "${quotes[0]?.quote}"`);
socket.close();
