// The conversation on screen: reads its snapshot, joins the room where the snapshot ends, and applies events (lab protocol 5.3, 12).
import { answered, apply, follows, fromSnapshot, unreadFinal } from "./lab-state.js";

const JOIN_AGAIN_MS = 3_000;
const SNAPSHOT_MESSAGES = 200;
const EARLIER_PAGES_MAX = 100;

export class LabStore {
  constructor({ api, connection, onChange }) {
    Object.assign(this, { api, connection, onChange, room: `person:${api.userId}` });
    this.state = null;
    this.failure = null;
    this.problem = null;
    this.arrived = null;
    this.joined = false;
    this.closed = false;
    this.seen = null;
    this.wholeRead = false;
  }

  // Events that arrive meanwhile are kept; those that the snapshot does not have yet are applied to it.
  async load() {
    if (this.arrived) return;
    this.arrived = [];
    try {
      const [snapshot, own, given] = await Promise.all([this.api.snapshot(), this.api.questions(), this.api.assigned()]);
      this.failure = null;
      const fresh = fromSnapshot(snapshot, { questions: own.questions, assigned: given.questions });
      this.wholeRead = snapshot.messages.length < SNAPSHOT_MESSAGES;
      this.set(this.arrived.reduce((state, [name, payload]) => apply(state, name, payload), fresh));
    } catch (problem) {
      this.failure = problem;
      this.onChange();
    }
    this.arrived = null;
    await this.join();
  }

  async join() {
    if (this.closed || this.joined || !this.state) return;
    this.joined = true;
    const { epoch, seq } = this.state.room;
    try {
      await this.connection.call("person_join", { since: `${epoch}:${seq}` });
    } catch {
      this.joined = false;
      setTimeout(() => this.join(), JOIN_AGAIN_MS);
    }
  }

  // The connection came back without its memberships.
  async rejoin() {
    this.joined = false;
    if (this.state) await this.join();
    else await this.load();
  }

  handle(name, payload) {
    if (payload?.room !== this.room) return;
    this.arrived?.push([name, payload]);
    if (name === "resync" || (this.state && !follows(this.state, payload))) {
      this.joined = false;
      this.load();
    }
    else if (this.state) {
      this.set(apply(this.state, name, payload));
      if (name === "question_assigned" && payload.question_id !== this.state.question?.question_id) this.readAssigned();
    }
  }

  // A question may have been given to one, taken back, or given to somebody else.
  async readAssigned() {
    try {
      const { questions } = await this.api.assigned();
      if (!this.closed) this.set({ ...this.state, assigned: questions });
    } catch (problem) {
      this.say(problem.detail);
    }
  }

  // Everything before the messages of the snapshot, oldest first.
  async readEarlier() {
    const first = this.state.messages[0]?.order ?? 0;
    const earlier = [];
    try {
      let after = null;
      for (let page = 0; page < EARLIER_PAGES_MAX; page += 1) {
        const found = await this.api.messages(after);
        earlier.push(...found.messages.filter((message) => message.order < first));
        after = found.next;
        if (!after || found.messages.at(-1).order >= first) break;
      }
      this.wholeRead = true;
      this.set({ ...this.state, messages: [...earlier, ...this.state.messages] });
    } catch (problem) {
      this.say(problem.detail);
    }
  }

  // Runs a command of the person. What goes wrong is told at the top; true if nothing did.
  async attempt(command) {
    this.say(null);
    try {
      await command();
      return true;
    } catch (problem) {
      this.say(problem.detail);
      return false;
    }
  }

  async answer(question, answer, key) {
    const done = await this.api.answer(question.question_id, answer, key);
    this.set(answered(this.state, { ...question, ...done, answered_by: this.api.userId }));
  }

  // Who looks at the page has seen its newest answer.
  tellSeen() {
    const final = this.state && unreadFinal(this.state);
    if (!final || this.seen === final.message_id || document.visibilityState !== "visible") return;
    this.seen = final.message_id;
    this.connection.call("reply_seen", { message_id: final.message_id }).catch(() => { this.seen = null; });
  }

  say(problem) {
    this.problem = problem;
    this.onChange();
  }

  set(state) {
    this.state = state;
    this.onChange();
    this.tellSeen();
  }

  close() {
    this.closed = true;
    if (this.joined) this.connection.call("person_leave", {}).catch(() => undefined);
  }
}
