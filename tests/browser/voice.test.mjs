// The page's voice: sound from one rate to another, the session over a pretended line, and its words. Run: node --test tests/browser/
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./page-modules.mjs";

const { Resampler } = await load("voice/resampler.js");
const { levelOf, toFloat, toInt16, wavOf } = await load("voice/pcm.js");
const { VoiceSession } = await load("voice/voice-session.js");
const { byMessage, stateOf, unclearPieces, unheardOf } = await load("voice-words.js");
const { apply } = await load("attempt-state.js");

const sine = (hertz, rate, seconds) => Float32Array.from({ length: rate * seconds }, (_, at) => 0.5 * Math.sin((2 * Math.PI * hertz * at) / rate));
const rms = (samples) => Math.sqrt(samples.reduce((sum, each) => sum + each * each, 0) / samples.length);

function resampled(samples, from, to, size) {
  const resampler = new Resampler(from, to);
  const made = [];
  for (let at = 0; at < samples.length; at += size) made.push(...resampler.feed(samples.slice(at, at + size)));
  return Float32Array.from([...made, ...resampler.flush()]);
}

test("a tone keeps its length, height and loudness at another rate, whatever the pieces", () => {
  for (const [from, to] of [[48_000, 24_000], [44_100, 24_000], [44_100, 16_000], [24_000, 48_000], [16_000, 24_000]]) {
    const made = resampled(sine(1_000, from, 0.5), from, to, 128);
    assert.ok(Math.abs(made.length - to * 0.5) <= 2, `${from} to ${to}: ${made.length}`);
    const wanted = sine(1_000, to, 0.5);
    const middle = (samples) => samples.subarray(to * 0.1, to * 0.4);
    const apart = rms(middle(made).map((each, at) => each - middle(wanted)[at]));
    assert.ok(apart < 0.005, `${from} to ${to}: ${apart}`);
    const other = resampled(sine(1_000, from, 0.5), from, to, 997);
    assert.ok(rms(middle(made).map((each, at) => each - middle(other)[at])) < 0.0001, `${from} to ${to}: pieces`);
  }
});

test("what the new rate cannot hold is taken out, and does not come back as another tone", () => {
  assert.ok(rms(resampled(sine(15_000, 48_000, 0.5), 48_000, 24_000, 128).subarray(1_000, 10_000)) < 0.001);
  assert.ok(rms(resampled(sine(10_000, 48_000, 0.5), 48_000, 16_000, 128).subarray(1_000, 7_000)) < 0.001);
});

test("sound becomes whole numbers and back, and too loud is cut", () => {
  assert.deepEqual([...toInt16(Float32Array.of(0, 0.5, 1, -1, 2))], [0, 16_384, 32_767, -32_768, 32_767]);
  assert.deepEqual([...toFloat(Int16Array.of(0, -32_768, 16_384))], [0, -1, 0.5]);
  assert.equal(levelOf(new Float32Array(100)), 0);
  assert.ok(levelOf(sine(400, 24_000, 0.1)) > 0.8);
});

test("a recording is a WAV file of one channel", async () => {
  const file = wavOf([Int16Array.of(1, 2), Int16Array.of(3)], 16_000);
  const bytes = new DataView(await file.arrayBuffer());
  assert.equal(file.size, 50);
  assert.deepEqual([bytes.getUint32(4, true), bytes.getUint32(24, true), bytes.getUint32(40, true), bytes.getInt16(48, true)], [42, 16_000, 6, 3]);
});

// A line whose commands are answered when the test says so, and sound that is made by hand.
function scene(mode = "push") {
  const told = [];
  const holds = [];
  const waiting = [];
  const sound = { played: [], flushes: 0, closed: 0, microphone: null };
  const connection = {
    call: (event, payload) => new Promise((resolve, reject) => { told.push([event, payload.muted]); holds.push(payload.hold); waiting.push({ event, resolve, reject }); }),
    tell: (event, payload) => { told.push([event, payload.seq ?? payload.played_ms]); return true; },
  };
  const openSound = async ({ onPlayed }) => Object.assign(sound, {
    onPlayed,
    play: (id, pcm) => sound.played.push([id, pcm.length]),
    flush: () => { sound.flushes += 1; },
    close: () => { sound.closed += 1; },
    listen: async (hooks) => { sound.microphone = { ...hooks, closed: false }; return { flush: async () => undefined, close: () => { sound.microphone.closed = true; } }; },
  });
  const session = new VoiceSession({ chatId: "C1", connection, openSound, onChange: () => undefined, mode });
  const event = (name, payload = {}) => session.handle({ name, payload: { chat_id: "C1", ...payload } });
  const answer = async (event, how = "resolve", value = {}) => {
    await settled();
    const at = waiting.findIndex((each) => each.event === event);
    assert.ok(at >= 0, `${event} was not sent`);
    waiting.splice(at, 1)[0][how](value);
    await settled();
  };
  const opened = async () => {
    session.start();
    await answer("attempt_audio_start");
    event("attempt_audio_ready");
    await settled();
    if (mode === "push") await answer("attempt_audio_mute");
    return session;
  };
  const frame = () => sound.microphone.onFrame(Int16Array.of(1, 2), 0.5);
  const frames = () => told.filter(([name]) => name === "attempt_audio_frame").map(([, seq]) => seq);
  return { session, told, holds, sound, event, answer, opened, frame, frames };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

test("an open microphone is heard from the moment that the server is ready", async () => {
  const { session, opened, frame, frames, sound } = scene("open");
  await opened();
  assert.equal(session.view.phase, "open");
  frame();
  frame();
  assert.deepEqual(frames(), [1, 2]);
  session.stop();
  assert.deepEqual([session.view.phase, session.view.why, sound.microphone.closed, sound.closed], ["off", null, true, 1]);
});

test("push to talk: nothing unless it is held; the beginning of a press is kept, and all of it goes before the mute", async () => {
  const { session, told, opened, answer, frame, frames } = scene();
  await opened();
  frame();
  assert.deepEqual(frames(), []);
  session.hold(true);
  frame();
  assert.deepEqual(frames(), []);
  session.hold(false); // let go before the server has answered
  await answer("attempt_audio_mute");
  assert.deepEqual(frames(), [1]);
  await answer("attempt_audio_mute");
  assert.deepEqual(told.slice(-3), [["attempt_audio_mute", false], ["attempt_audio_frame", 1], ["attempt_audio_mute", true]]);
  frame();
  assert.deepEqual(frames(), [1]);
});

test("who holds the button holds the turn; an open microphone does not", async () => {
  const { session, told, holds, opened, answer, frame, frames } = scene();
  await opened();
  assert.deepEqual([told.at(-1), holds.at(-1)], [["attempt_audio_mute", true], false]);
  session.hold(true);
  await answer("attempt_audio_mute");
  assert.deepEqual([told.at(-1), holds.at(-1)], [["attempt_audio_mute", false], true]);
  session.setMode("open"); // while it is held
  await answer("attempt_audio_mute");
  assert.deepEqual([told.at(-1), holds.at(-1)], [["attempt_audio_mute", false], false]);
  frame();
  assert.deepEqual(frames(), [1]);
});

test("a press while the mute of the last one is on its way loses nothing", async () => {
  const { session, opened, answer, frame, frames } = scene();
  await opened();
  session.hold(true);
  await answer("attempt_audio_mute");
  frame();
  session.hold(false);
  await settled();
  session.hold(true);
  frame();
  assert.deepEqual(frames(), [1]);
  await answer("attempt_audio_mute");
  await answer("attempt_audio_mute");
  assert.deepEqual(frames(), [1, 2]);
});

test("an answer is played and reported, and stops at once when the learner speaks", async () => {
  const { session, told, sound, event, opened } = scene("open");
  await opened();
  event("attempt_assistant_audio", { message_id: "M2", audio: new ArrayBuffer(4) });
  sound.onPlayed({ id: "M2", playedMs: 120.4, playing: true });
  assert.equal(session.view.speaking, true);
  assert.deepEqual(told.at(-1), ["attempt_audio_played", 120]);
  const flushes = sound.flushes;
  event("attempt_stopped", { success: true, message_id: "M2" });
  assert.deepEqual([sound.flushes, session.view.speaking], [flushes + 1, false]);
  event("attempt_assistant_audio", { message_id: "M2", audio: new ArrayBuffer(4) });
  event("attempt_assistant_audio", { message_id: "M4", audio: new ArrayBuffer(8) });
  assert.deepEqual(sound.played, [["M2", 2], ["M4", 4]]);
});

test("the end of a session is told in words, whoever ends it", async () => {
  const ends = [
    [({ event }) => event("attempt_audio_ended", { reason: "idle" }), /Nobody has spoken/],
    [({ event }) => event("attempt_audio_ended", { reason: "takeover" }), /another window/],
    [({ event }) => event("attempt_error", { type: "audio", code: "internal", message: "It broke." }), /It broke\. You can go on in writing/],
    [({ session }) => session.handle({ state: "reconnecting" }), /connection was lost/],
    [({ sound }) => sound.microphone.onLost(), /taken away/],
  ];
  for (const [ending, words] of ends) {
    const all = scene("open");
    await all.opened();
    ending(all);
    assert.equal(all.session.view.phase, "off");
    assert.match(all.session.view.why, words);
    assert.equal(all.sound.microphone.closed, true);
  }
});

test("what is not there is said kindly, and a cancelled opening leaves nothing open", async () => {
  const refused = scene();
  refused.session.start();
  await refused.answer("attempt_audio_start", "reject", { code: "unavailable", detail: "The voice service is not available." });
  assert.match(refused.session.view.why, /no voice on this server/);
  const cancelled = scene();
  cancelled.session.start();
  await settled();
  cancelled.session.stop();
  await cancelled.answer("attempt_audio_start");
  assert.deepEqual([cancelled.session.view.phase, cancelled.sound.closed, cancelled.sound.microphone?.closed ?? true], ["off", 1, true]);
});

test("states have words", () => {
  const view = { phase: "open", why: null, mode: "push", held: false, muted: false, speaking: false };
  const said = (change, more = {}) => stateOf({ view: { ...view, ...change }, hearing: null, answering: false, name: "Maya", ...more }).key;
  assert.deepEqual(
    [said({ phase: "opening" }), said({ phase: "off" }), said({}), said({ held: true }), said({ mode: "open" }), said({ mode: "open", muted: true }), said({}, { hearing: {} }), said({ speaking: true }), said({}, { answering: true })],
    ["opening", "off", "muted", "listening", "listening", "muted", "hearing", "speaking", "thinking"]);
});

test("the space bar is named where there is one", () => {
  const words = (keys) => stateOf({ view: { phase: "open", mode: "push", held: false }, hearing: null, answering: false, name: "Maya", keys }).words;
  assert.deepEqual([words(true), words(false)], ["Hold the button or the space bar to speak.", "Hold the button to speak."]);
});

test("unclear words are found by characters as the server counts them", () => {
  assert.deepEqual(unclearPieces("😀 I said tea", [{ start: 9, end: 12 }, { start: 2, end: 3 }]), [
    { text: "😀 ", unclear: false }, { text: "I", unclear: true }, { text: " said ", unclear: false }, { text: "tea", unclear: true }]);
  assert.deepEqual(unclearPieces("all clear", []), [{ text: "all clear", unclear: false }]);
});

test("what was not heard of an answer is told only if it was cut", () => {
  const reply = { message_id: "M2", state: "interrupted", text: "😀 One. Two.", heard_characters: 6 };
  assert.equal(unheardOf(reply), "Two.");
  assert.equal(unheardOf({ ...reply, state: "complete" }), null);
  assert.deepEqual(Object.keys(byMessage({ utterances: [{ message_id: "M1" }, { message_id: null }], replies: [reply] })), ["M1", "M2"]);
});

test("words that are being heard stand apart until they are a message; speech without words leaves none", () => {
  const state = { attemptId: "A1", chats: [{ id: "C1", room: { epoch: "e", seq: 0 } }], messages: {}, hearing: {}, grades: {}, problem: null };
  const play = (before, ...events) => events.reduce((next, [name, payload]) => apply(next, name, { chat_id: "C1", ...payload }), before);
  const heard = play(state, ["attempt_user_start", { message_id: "M1", item_id: "I1" }], ["attempt_user_delta", { message_id: "M1", item_id: "I1", transcript: "What have" }]);
  assert.deepEqual(heard.hearing.C1, { itemId: "I1", text: "What have" });
  const said = play(heard, ["attempt_user_complete", { message_id: "M1", item_id: "I1", content: "What have you?", created_at: "t" }]);
  assert.deepEqual([said.hearing.C1, said.messages.C1[0].itemId, said.messages.C1[0].contents[0].text], [null, "I1", "What have you?"]);
  const blank = play(heard, ["attempt_user_complete", { message_id: "M1", item_id: "I1", content: "", created_at: "t" }]);
  assert.deepEqual([blank.hearing.C1, blank.messages.C1], [null, undefined]);
  assert.equal(play(said, ["attempt_error", { type: "audio", message: "x" }]).problem, null);
});
