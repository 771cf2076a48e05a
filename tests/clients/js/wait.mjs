// The stock client through a restart: prints a line of JSON at each connect, and each event's name and seq.

import { io } from "socket.io-client";

const given = JSON.parse(process.argv[2]);
const socket = io(given.url, {
  transports: ["websocket"],
  auth: { token: given.token },
  reconnectionDelay: 50,
  reconnectionDelayMax: 200,
});
const say = (line) => console.log(JSON.stringify(line));
socket.on("connect", () => say({ connected: socket.recovered }));
socket.on("disconnect", (reason) => say({ disconnected: reason }));
socket.on("connect_error", (error) => error.data && say({ refused: error.data.code }));
socket.onAny((name, payload) => say({ name, seq: payload._meta.seq ?? null, chat_id: payload.chat_id ?? null }));
setTimeout(() => process.exit(1), 60_000);
