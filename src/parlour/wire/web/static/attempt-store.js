// One attempt on screen: reads its snapshot, joins its chats where the snapshot ends, and applies events (5.5, 10.2).
import { fromDetail } from "./attempt-detail.js";
import { apply, applyPreparation, chatOf, concerns, mayBePreparing, runningIn, wantsSnapshot, withPeople } from "./attempt-state.js";
import { fuller } from "./grade-state.js";

// Of the voice session, not of the conversation.
const SOUND = new Set(["attempt_assistant_audio", "attempt_audio_ready", "attempt_audio_ended"]);

export class AttemptStore {
  constructor({ api, connection, attemptId, onChange }) {
    Object.assign(this, { api, connection, attemptId, onChange });
    this.state = null;
    this.failure = null;
    this.joined = new Set();
    this.arrived = null;
    this.again = false;
    this.closed = false;
  }

  // A snapshot is at least as new as every event seen before it was asked for; events that arrive meanwhile are kept
  // and applied to it afterwards.
  async load() {
    if (this.arrived) {
      this.again = true;
      return;
    }
    this.arrived = [];
    try {
      const fresh = this.onto(fromDetail(await this.api.attempt(this.attemptId), this.connection.serverNow()));
      this.failure = null;
      this.set(this.arrived.reduce((state, [name, payload]) => apply(state, name, payload), fresh));
    } catch (problem) {
      this.failure = problem;
      this.onChange();
    }
    this.arrived = null;
    await this.joinAll();
    if (this.again && !this.closed) {
      this.again = false;
      await this.load();
    }
  }

  onto(fresh) {
    if (!this.state) return fresh;
    const grades = Object.fromEntries(fresh.chats.map(({ id }) => [id, fuller(this.state.grades[id], fresh.grades[id])]));
    const preparing = fresh.preparing && (this.state.preparing ?? fresh.preparing);
    return { ...fresh, grades, preparing, people: this.state.people, hearing: stillHeard(this.state.hearing, fresh.messages), branchNews: this.state.branchNews, problem: this.state.problem };
  }

  async joinAll() {
    for (const chat of this.state?.chats ?? []) {
      if (this.closed || this.joined.has(chat.id)) continue;
      this.joined.add(chat.id);
      const since = chat.room ? { since: chat.room.seq, epoch: chat.room.epoch } : {};
      try {
        const joined = await this.connection.call("attempt_join", { chat_id: chat.id, ...since, presence: true });
        if (joined.presence && this.state) this.set(withPeople(this.state, chat.id, joined.presence));
      } catch (problem) {
        this.joined.delete(chat.id);
        if (!problem.again) this.say(problem.detail);
      }
    }
  }

  handle(name, payload) {
    if (SOUND.has(name)) return;
    if (!this.state) {
      this.arrived?.push([name, payload]);
      return;
    }
    if (name.startsWith("generation_")) {
      if (mayBePreparing(this.state, name, payload)) this.load();
      this.set(applyPreparation(this.state, name, payload));
      return;
    }
    const ours = name === "resync" ? this.knows(payload.room) : concerns(this.state, payload);
    if (!ours) return;
    this.arrived?.push([name, payload]);
    const before = this.state;
    this.set(apply(before, name, payload));
    if (name === "resync") this.joined.delete(payload.room.replace(/^(chat|presence):/, ""));
    const known = payload.chat_id && chatOf(before, payload.chat_id);
    if (wantsSnapshot(name) && (before !== this.state || !known)) this.load();
  }

  knows(room) {
    return room.startsWith("person:") || this.state.chats.some((chat) => room === `chat:${chat.id}` || room === `presence:${chat.id}`);
  }

  // The connection came back without its memberships.
  rejoin() {
    this.joined.clear();
    return this.load();
  }

  running(chatId) {
    return this.state ? runningIn(this.state, chatId) : null;
  }

  takesMessage(chatId) {
    const chat = this.state && chatOf(this.state, chatId);
    return Boolean(chat) && !this.running(chatId);
  }

  prepare(preparing) {
    if (this.state) this.set({ ...this.state, preparing });
  }

  say(problem) {
    if (this.state) this.set({ ...this.state, problem });
  }

  set(state) {
    this.state = state;
    this.onChange();
  }

  close() {
    this.closed = true;
    for (const chatId of this.joined) {
      this.connection.call("attempt_leave", { chat_id: chatId }).catch(() => undefined);
    }
  }
}

// Without what has become a message meanwhile.
function stillHeard(hearing, messages) {
  return Object.fromEntries(Object.entries(hearing).map(([chatId, said]) => (
    [chatId, messages[chatId]?.some((message) => message.itemId && message.itemId === said?.itemId) ? null : said])));
}
