// The stock socket.io-client, unmodified, as an author: has a persona written and saved, is cut while it is told, comes
// back, goes on in the same group, cancels a run, and is refused one.
// node generate.mjs '{"url", "token", "transports"}' prints one line when it has been cut, waits for a line, and prints
// one JSON object at its end.

import { createInterface } from "node:readline";

import { io } from "socket.io-client";

import { fail, listen } from "./listening.mjs";

const given = JSON.parse(process.argv[2]);
const connects = [];
const told = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

const socket = io(given.url, {
  transports: given.transports,
  auth: { token: given.token },
  reconnectionDelay: 20,
  reconnectionDelayMax: 50,
});
const { events, heard, call } = listen(socket, 60);
socket.on("connect", () => connects.push(socket.recovered));

const persona = (resource_types, more) => call("generate", { artifact_types: ["persona"], resource_types, ...more });
const ended = ({ run_id }) => heard("generation_complete", { run_id });

await heard("connection_confirmed");
const saved = await persona(["names", "descriptions", "instructions"], {
  user_instructions: ["Somebody shy."],
  save: true,
});
await heard("instructions_generation_progress", { run_id: saved.run_id });
socket.io.reconnection(false);
const gone = new Promise((resolve) => socket.once("disconnect", resolve));
socket.io.engine.close(); // as a lost network does
process.stdout.write(`${JSON.stringify({ cut: await gone })}\n`);
await told.next();
socket.io.reconnection(true);
socket.connect();
const { artifact_id } = await ended(saved);

const { group_id } = saved;
const more = await persona(["examples"], { artifact_id, group_id, user_instructions: ["One sentence of hers."] });
await heard("examples_generation_progress", { run_id: more.run_id });
socket.io.engine.close(); // the manager reconnects by itself
await ended(more);

const endless = await persona(["colors"], { draft_id: more.draft_id, group_id });
await heard("colors_generation_progress", { run_id: endless.run_id });
const answer = await fetch(`${given.url}/api/v1/authoring/runs/${endless.run_id}/cancel`, {
  method: "POST",
  headers: { authorization: `Bearer ${given.token}` },
});
if (!answer.ok) fail(`cancel: ${await answer.text()}`);
await heard("generation_error", { run_id: endless.run_id });

const refused = await socket.emitWithAck("generate", { artifact_types: ["horse"], resource_types: ["names"] });
await heard("generation_error", { code: "unknown_artifact_type" });
socket.disconnect();
const runs = { saved, more, endless };
process.stdout.write(JSON.stringify({ events, connects, runs, artifact_id, refused }), () => process.exit(0));
