// One draft on screen: typed words are saved by themselves, soon; commands go out in order. Nothing typed is ever lost: it is
// kept in the tab until the server has it, and laid on top of what others wrote meanwhile.
import { held, isDirty, moved, notSent, opsOf, saved, sending, shown, type as typeInto } from "./draft-state.js";

const SOON_MS = 700;
const AGAIN_MS = 3_000;
const TRIES_MAX = 6;

export class DraftStore {
  // `storage`: like sessionStorage. `onChange()`: something to show. `onSaved(draft)`: the server has a new version.
  constructor({ api, draftId, storage, onChange, onSaved }) {
    Object.assign(this, { api, draftId, storage, onChange, onSaved, key: `parlour.draft.${draftId}` });
    this.state = null;
    this.failure = null;
    this.trouble = null;
    this.busy = false;
    this.queue = Promise.resolve();
    this.timer = null;
    this.closed = false;
  }

  async load() {
    try {
      const draft = await this.api.draft(this.draftId);
      if (this.closed) return;
      this.failure = null;
      if (this.state && draft.version < this.state.draft.version) return;
      this.set(this.state ? moved(this.state, draft) : moved(held(draft, this.restore()), draft));
      this.onSaved(draft);
      if (isDirty(this.state)) this.soon();
    } catch (problem) {
      this.failure = problem;
      this.onChange();
    }
  }

  values() {
    return shown(this.state);
  }

  // `place`: { type, valueId, single }.
  type(place, field, value) {
    this.set(typeInto(this.state, place, field, value));
    this.keep();
    this.soon();
  }

  soon(wait = SOON_MS) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush().catch(() => undefined), wait);
  }

  flush() {
    clearTimeout(this.timer);
    return this.inOrder(() => this.send([]));
  }

  // Saves what is typed, and does `ops`. The draft as it is then.
  act(ops) {
    clearTimeout(this.timer);
    return this.inOrder(() => this.send(ops));
  }

  // Something else that makes a new version: `call(version)` gives a draft, or { draft }.
  async command(call) {
    await this.flush();
    return this.inOrder(async () => {
      const answer = await call(this.state.draft.version);
      const draft = answer?.draft ?? answer;
      if (draft?.values) this.taken(moved(this.state, draft));
      return answer;
    });
  }

  inOrder(work) {
    const done = this.queue.then(() => work());
    this.queue = done.catch(() => undefined);
    return done;
  }

  async send(ops) {
    if (this.closed && ops.length > 0) return null;
    for (let tries = 1; ; tries += 1) {
      const changes = [...opsOf(this.state), ...ops];
      if (changes.length === 0) return this.state.draft;
      this.busy = true;
      this.set(sending(this.state));
      try {
        const draft = await this.api.patch(this.draftId, this.state.draft.version, changes);
        this.trouble = null;
        this.busy = false;
        this.taken(saved(this.state, draft));
        return draft;
      } catch (problem) {
        this.busy = false;
        this.set(notSent(this.state));
        if (problem.draft && tries < TRIES_MAX) this.set(moved(this.state, problem.draft));
        else {
          this.failed(problem, ops);
          throw problem;
        }
      }
    }
  }

  // A refused command does not keep back what is typed.
  failed(problem, ops) {
    this.trouble = problem;
    this.onChange();
    if ((problem.again || ops.length > 0) && !this.closed && isDirty(this.state)) this.soon(AGAIN_MS);
  }

  taken(state) {
    this.set(state);
    this.keep();
    this.onSaved(state.draft);
  }

  // Brings back what the server has in place of what was typed.
  forget() {
    this.trouble = null;
    this.set(held(this.state.draft));
    this.keep();
  }

  set(state) {
    this.state = state;
    this.onChange();
  }

  keep() {
    if (isDirty(this.state)) this.storage.setItem(this.key, JSON.stringify(this.state.typed));
    else this.storage.removeItem(this.key);
  }

  restore() {
    return JSON.parse(this.storage.getItem(this.key) ?? "{}");
  }

  close() {
    if (this.state && isDirty(this.state)) this.flush().catch(() => undefined);
    clearTimeout(this.timer);
    this.closed = true;
  }
}
