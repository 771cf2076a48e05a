// One Socket.IO connection: its state in words, its events, and commands that are sent again until they are answered.
import { io } from "./vendor/socket.io.js";
import { ROOT } from "./api.js";
import { newRequestId } from "./ids.js";
import { offline, problemFrom } from "./problem.js";

const ACK_MS = 12_000;
const CONNECT_WAIT_MS = 8_000;
const SENDS_MAX = 3;
const RETRY_MS = 1_500;
const WAITING_MAX = 200;

// `onState(state)`: connecting | online | recovered | reconnecting. `onFresh()`: connected without recovery, so
// memberships are gone. `onRefused(problem)`: the credentials no longer serve.
export function connect({ token, onState, onEvent, onFresh, onRefused }) {
  const socket = io(ROOT.origin, {
    path: `${ROOT.pathname}socket.io`, auth: { token }, transports: ["websocket", "polling"],
    tryAllTransports: true, reconnectionDelayMax: 4_000,
  });
  const own = new Set();
  let clockSkewMs = 0;
  let profileId = null;
  let seen = false;
  let closed = false;

  const retryLater = () => setTimeout(() => { if (!closed && !socket.connected) socket.connect(); }, RETRY_MS);

  socket.on("connect", () => {
    onState(socket.recovered ? "recovered" : "online");
    if (seen && !socket.recovered) onFresh();
    seen = true;
  });
  socket.on("disconnect", (reason) => {
    if (closed) return;
    onState("reconnecting");
    if (reason === "io server disconnect") retryLater();
  });
  socket.on("connect_error", (error) => {
    onState(seen ? "reconnecting" : "connecting");
    const refusal = error.data && problemFrom(error.data);
    if (refusal && (refusal.status === 401 || refusal.status === 403)) onRefused(refusal);
    else if (!socket.active) retryLater();
  });
  socket.onAny((name, payload) => {
    if (name === "connection_confirmed") {
      clockSkewMs = payload.server_time * 1000 - Date.now();
      profileId = payload.profile_id;
    }
    // A refusal of a command of ours is told by its acknowledgement already.
    if (name === "attempt_error" && own.has(payload._meta?.request)) return;
    onEvent(name, payload);
  });

  async function sendOnce(event, payload) {
    let answer;
    try {
      answer = await socket.timeout(ACK_MS).emitWithAck(event, payload);
    } catch {
      throw offline();
    }
    if (!answer?.ok) throw problemFrom(answer?.error);
    return answer;
  }

  // Sends a command with an id of its own, so that sending it again after a lost answer has no second effect (4.5).
  async function call(event, payload, requestId = newRequestId()) {
    own.add(requestId);
    for (let sent = 1; ; sent += 1) {
      try {
        await connected(socket);
        return await sendOnce(event, { ...payload, client_request_id: requestId });
      } catch (problem) {
        if (!problem.again || problem.status === 429 || sent === SENDS_MAX) throw problem;
      }
    }
  }

  // For sound: said once, now or not at all. What a slow line cannot take is left out.
  function tell(event, payload) {
    if (!socket.connected || socket.io.engine.writeBuffer.length > WAITING_MAX) return false;
    socket.emit(event, payload);
    return true;
  }

  return {
    call,
    tell,
    isOnline: () => socket.connected,
    profileId: () => profileId,
    serverNow: () => Date.now() + clockSkewMs,
    close: () => { closed = true; socket.disconnect(); },
  };
}

function connected(socket) {
  if (socket.connected) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const wait = setTimeout(() => { socket.off("connect", ready); reject(offline()); }, CONNECT_WAIT_MS);
    const ready = () => { clearTimeout(wait); resolve(); };
    socket.once("connect", ready);
  });
}
