// One voice session of a chat: opened by a press, muted and un-muted, and over when the server or the line says so
// (specification 6.8). It changes nothing of the conversation: what is said comes as events like anything else.

const BACKLOG_FRAMES_MAX = 250;
const OPEN_MS = 20_000;
const REPORT_MS = 200;
const GO_ON = "You can go on in writing.";
const ENDED = {
  chat_ended: "The conversation has ended.",
  idle: "Nobody has spoken for a while, so the microphone was closed.",
  limit: "You have reached today's limit.",
  takeover: "The microphone was opened in another window or on another device.",
  shutting_down: "The server is restarting. Open the microphone again in a moment.",
  failed: `Voice has stopped working. ${GO_ON}`,
};
const LOST = "The connection was lost, so the microphone was closed.";
const UNPLUGGED = `The microphone was taken away. ${GO_ON}`;
const NO_SERVICE = `There is no voice on this server at the moment. ${GO_ON}`;
const LATE = `The microphone could not be opened in time. ${GO_ON}`;
const OVERRUN = "Some of what you said was lost on the way. Please say it again.";

// `sound`: opens loudspeaker and microphone (sound.js). `phase`: off | opening | open. `why`: in words, why it is off again.
export class VoiceSession {
  constructor({ chatId, connection, openSound, onChange, onLevel = () => undefined, mode = "push" }) {
    Object.assign(this, { chatId, connection, openSound, onChange, onLevel });
    this.view = { phase: "off", why: null, note: null, available: true, mode, held: false, muted: false, speaking: false };
    this.round = 0;
    this.reset();
  }

  reset() {
    Object.assign(this, { sound: null, microphone: null, toldMuted: false, toldHold: false, taking: false, aligning: false, backlog: [], seq: 0, cut: new Set(), last: null, reportedAt: 0, opened: null });
  }

  async start() {
    if (this.view.phase !== "off") return;
    const round = (this.round += 1);
    this.set({ phase: "opening", why: null, note: null, held: false, muted: false, speaking: false });
    const ready = new Promise((resolve) => { this.opened = resolve; });
    const late = setTimeout(() => { if (round === this.round && this.view.phase === "opening") this.end(LATE); }, OPEN_MS);
    try {
      const sound = await this.openSound({ onPlayed: (played) => this.played(played) });
      if (round !== this.round) return void sound.close();
      this.sound = sound;
      await this.connection.call("attempt_audio_start", { chat_id: this.chatId });
      const microphone = await sound.listen({ onFrame: (pcm, level) => this.take(pcm, level), onLost: () => this.end(UNPLUGGED) });
      if (round !== this.round) return void microphone.close();
      this.microphone = microphone;
      await ready;
      if (round !== this.round) return;
      this.taking = !this.wantsMute();
      this.set({ phase: "open" });
      await this.align();
    } catch (problem) {
      if (round !== this.round) return;
      const none = problem.code === "unavailable";
      this.end(none ? NO_SERVICE : problem.detail ?? LATE, { available: !none });
    } finally {
      clearTimeout(late);
    }
  }

  // The person is done with it.
  stop() {
    this.end(null);
  }

  // Whatever it was, it is over here; the server is told, and ends it also by itself.
  end(why, change = {}) {
    if (this.view.phase === "off") return;
    this.round += 1;
    if (this.sound) this.connection.call("attempt_audio_stop", { chat_id: this.chatId }).catch(() => undefined);
    this.close(why, change);
  }

  close(why, change = {}) {
    this.microphone?.close();
    this.sound?.flush();
    this.sound?.close();
    this.opened?.();
    this.reset();
    this.onLevel(0);
    this.set({ phase: "off", why, note: null, held: false, speaking: false, ...change });
  }

  setMode(mode) {
    this.set({ mode, held: false, muted: false });
    this.align();
  }

  hold(held) {
    if (this.view.phase !== "open" || this.view.mode !== "push" || this.view.held === held) return;
    this.set({ held, note: null });
    this.align();
  }

  mute(muted) {
    this.set({ muted });
    this.align();
  }

  wantsMute() {
    return this.view.mode === "push" ? !this.view.held : this.view.muted;
  }

  // Who holds the button may think: no pause ends the turn.
  wantsHold() {
    return this.view.mode === "push" && this.view.held;
  }

  agreed() {
    return this.toldMuted === this.wantsMute() && this.toldHold === this.wantsHold();
  }

  // Tells the server what the person wants until both agree. Sound of a press is kept while the server is told to listen,
  // so that no beginning is cut off; all sound of a press is sent before the server is told to stop listening.
  async align() {
    if (!this.wantsMute()) this.taking = true;
    if (this.aligning || this.view.phase !== "open") return;
    const round = this.round;
    this.aligning = true;
    try {
      while (round === this.round && !this.agreed()) await this.tellMute(this.wantsMute(), round);
    } catch (problem) {
      if (round === this.round) this.end(problem.detail ?? LOST);
    } finally {
      if (round === this.round) this.aligning = false;
    }
  }

  async tellMute(muted, round) {
    if (muted) {
      await this.microphone.flush();
      if (round !== this.round) return;
      this.toldMuted = true;
      this.taking = !this.wantsMute();
    }
    const hold = !muted && this.wantsHold();
    await this.connection.call("attempt_audio_mute", { chat_id: this.chatId, muted, hold });
    if (round !== this.round) return;
    this.toldHold = hold;
    if (muted) return;
    this.toldMuted = false;
    for (const pcm of this.backlog.splice(0)) this.send(pcm);
  }

  take(pcm, level) {
    this.onLevel(this.taking ? level : 0);
    if (this.view.phase !== "open" || !this.taking) return;
    if (!this.toldMuted) this.send(pcm);
    else {
      this.backlog.push(pcm);
      if (this.backlog.length > BACKLOG_FRAMES_MAX) this.backlog.shift();
    }
  }

  send(pcm) {
    this.seq += 1;
    this.connection.tell("attempt_audio_frame", { chat_id: this.chatId, audio: pcm.buffer, seq: this.seq });
  }

  played({ id, playedMs, playing }) {
    const now = performance.now();
    const before = this.last;
    this.last = { id, playedMs };
    if (playing !== this.view.speaking) this.set({ speaking: playing });
    if (this.cut.has(id) || (before?.id === id && before.playedMs === playedMs)) return;
    if (playing && before?.id === id && now - this.reportedAt < REPORT_MS) return;
    this.reportedAt = now;
    this.connection.tell("attempt_audio_played", { chat_id: this.chatId, message_id: id, played_ms: Math.round(playedMs) });
  }

  // What the person hears stops at once; what of it is still on the way is not played.
  hush(messageId) {
    if (messageId) this.cut.add(messageId);
    if (this.last) this.cut.add(this.last.id);
    this.sound?.flush();
    if (this.view.speaking) this.set({ speaking: false });
  }

  // An event of the connection (`connection.listen`).
  handle({ name, payload, state }) {
    if (this.view.phase === "off") return;
    if (state && state !== "online" && state !== "recovered") return void this.lose();
    if (payload?.chat_id !== this.chatId) return;
    switch (name) {
      case "attempt_audio_ready": return void this.opened?.();
      case "attempt_assistant_audio": return void this.playNext(payload);
      case "attempt_stopped":
      case "attempt_user_start": return void this.hush(payload.message_id);
      case "attempt_assistant_complete": return void (payload.status === "stopped" && this.hush(payload.message_id));
      case "attempt_chat_ended": return void this.over(ENDED.chat_ended);
      case "attempt_audio_ended": return void this.over(ENDED[payload.reason] ?? null);
      case "attempt_error": return void this.failed(payload);
      default:
    }
  }

  playNext({ message_id: id, audio }) {
    if (!this.sound || this.cut.has(id) || audio.byteLength < 2) return;
    this.sound.play(id, new Int16Array(audio));
  }

  failed({ type, code, message }) {
    if (type !== "audio" && type !== "rate_limit") return;
    if (code === "audio_overrun") this.set({ note: OVERRUN });
    else this.end(type === "rate_limit" ? message : code === "unavailable" ? NO_SERVICE : `${message} ${GO_ON}`);
  }

  over(why) {
    this.round += 1;
    this.close(why);
  }

  lose() {
    this.over(LOST);
  }

  set(change) {
    this.view = { ...this.view, ...change };
    this.onChange(this.view);
  }
}
