// Ties one draft's store, what is wrong with it, and what a model writes into it to the page.
import { clashing } from "../../draft-state.js";
import { DraftStore } from "../../draft-store.js";
import { useEffect, useRef, useState } from "../../html.js";
import { refusalWords } from "../../library-words.js";
import { begun, heard, IDLE, wantsRead } from "../../library-streams.js";

const LINT_MS = 300;
const READ_MS = 250;
const RUN_POLL_MS = 4_000;

export function useDraft({ api, connection, draftId, onLeave }) {
  const [, redraw] = useState(0);
  const held = useRef(null);
  held.current ??= new OpenDraft({ api, connection, draftId, onChange: () => redraw((count) => count + 1) });
  const open = held.current;
  useEffect(() => {
    const quiet = connection.listen((event) => open.hear(event));
    const look = () => { if (document.visibilityState === "visible" && !open.store.busy) open.store.load(); };
    const warn = (event) => { if (open.store.trouble && open.isDirty()) event.preventDefault(); };
    addEventListener("focus", look);
    addEventListener("beforeunload", warn);
    open.store.load();
    return () => {
      quiet();
      removeEventListener("focus", look);
      removeEventListener("beforeunload", warn);
      open.close();
    };
  }, []);
  useEffect(() => { if (open.store.failure?.status === 401) onLeave(open.store.failure.detail); }, [open.store.failure]);
  return open;
}

class OpenDraft {
  constructor({ api, connection, draftId, onChange }) {
    Object.assign(this, { api, connection, draftId, onChange });
    this.run = IDLE;
    this.findings = null;
    this.green = null;
    this.problem = null;
    this.asked = 0;
    this.timers = {};
    this.reading = null;
    this.linting = null;
    this.conflicts = [];
    this.names = new Map();
    this.store = new DraftStore({ api, draftId, storage: sessionStorage, onChange, onSaved: (draft) => this.onSaved(draft) });
  }

  get draft() {
    return this.store.state?.draft ?? null;
  }

  isDirty() {
    return Boolean(this.store.state) && Object.keys(this.store.state.typed).length > 0;
  }

  onSaved(draft) {
    this.later("lint", LINT_MS, () => { this.linting = this.lint(); });
    const running = (draft.runs ?? []).find((run) => run.state === "running");
    if (running && (!this.run.runId || this.run.ended)) this.follow(running.run_id);
    else if (!running && this.run.runId && !this.run.ended) this.settle(draft);
  }

  // The run is over, and its last event did not reach this page.
  settle(draft) {
    const run = (draft.runs ?? []).find((each) => each.run_id === this.run.runId);
    if (run) this.run = { ...this.run, parts: [], ended: run.state === "done" ? "done" : "failed", failed: run.failed, message: run.error?.message ?? "" };
    this.onChange();
  }

  async lint() {
    const asked = (this.asked += 1);
    try {
      const { findings, green } = await this.api.lint(this.draftId);
      if (asked !== this.asked) return;
      // What nobody has looked at yet is marked where it stands.
      Object.assign(this, { findings: findings.filter((each) => each.code !== "value.unseen"), green });
    } catch (problem) {
      if (asked === this.asked && !problem.again) Object.assign(this, { findings: null, green: null });
    }
    this.onChange();
  }

  hear(event) {
    if (event.fresh || event.state === "online" || event.state === "recovered") {
      if (this.store.state) this.store.load();
      return;
    }
    if (!event.name?.includes("generation_")) return;
    const before = this.run;
    this.run = heard(before, event.name, event.payload);
    if (this.run === before) return;
    if (wantsRead(event.name)) this.later("read", READ_MS, () => { this.reading = this.store.load(); });
    this.onChange();
  }

  follow(runId) {
    this.run = begun(runId);
    this.onChange();
    this.later("poll", RUN_POLL_MS, () => this.poll());
  }

  async poll() {
    if (this.run.ended) return;
    await this.store.load();
    if (!this.run.ended) this.later("poll", RUN_POLL_MS, () => this.poll());
  }

  // Asks the assistant to write values of these types. What it writes is a proposal.
  async generate({ types, instructions, metadata }) {
    this.problem = null;
    try {
      await this.store.flush();
      const answer = await this.connection.call("generate", {
        artifact_types: [{ name: this.draft.artifact_type, operation: "draft" }], draft_id: this.draftId, resource_types: types,
        ...(instructions ? { user_instructions: [instructions] } : {}), ...(metadata ? { metadata } : {}),
      });
      this.follow(answer.run_id);
      return true;
    } catch (problem) {
      this.say(problem);
      return false;
    }
  }

  async cancelRun() {
    await this.attempt(() => this.api.cancelRun(this.run.runId));
    await this.store.load();
  }

  // Runs a command; what goes wrong is told at the top. What it gave, or null.
  async attempt(command) {
    this.problem = null;
    try {
      return await command();
    } catch (problem) {
      this.say(problem);
      return null;
    }
  }

  // Takes what others published meanwhile into the draft. Where both changed the same field, it is told there, and one chooses.
  async rebase() {
    const answer = await this.attempt(() => this.store.command((version) => this.api.rebase(this.draftId, version)));
    if (!answer) return;
    this.conflicts = answer.conflicts;
    this.store.set(clashing(this.store.state, answer.conflicts));
  }

  // Throws the draft away; nothing asks for it any more meanwhile.
  async discard() {
    this.store.forget();
    this.hush();
    this.closed = true;
    try {
      await Promise.all([this.reading, this.linting]);
      await this.api.discard(this.draftId);
      return true;
    } catch (problem) {
      this.closed = false;
      throw problem;
    }
  }

  decided() {
    this.conflicts = [];
    this.store.set({ ...this.store.state, clashes: [] });
  }

  // The name of an artifact that is named by its id; it is read once, and shown when it is there.
  nameOf(id) {
    if (!this.names.has(id)) {
      this.names.set(id, "…");
      this.api.artifact(id).then(({ name }) => name, () => "Something you may not read").then((name) => {
        this.names.set(id, name);
        this.onChange();
      });
    }
    return this.names.get(id);
  }

  // Reads what the assistant has written meanwhile, if that is known to be more.
  async caughtUp() {
    if (this.timers.read) {
      clearTimeout(this.timers.read);
      this.timers.read = null;
      this.reading = this.store.load();
    }
    await this.reading;
  }

  act(...ops) {
    return this.attempt(async () => {
      await this.caughtUp();
      return this.store.act(ops);
    });
  }

  say(problem) {
    this.problem = problem?.detail ? refusalWords(problem) : problem ?? null;
    this.onChange();
  }

  // One of each at a time; the earliest holds, so that a stream of events cannot put it off for ever.
  later(name, wait, work) {
    if (this.timers[name] || this.closed) return;
    this.timers[name] = setTimeout(() => {
      this.timers[name] = null;
      work();
    }, wait);
  }

  hush() {
    for (const timer of Object.values(this.timers)) clearTimeout(timer);
    this.timers = {};
  }

  close() {
    this.closed = true;
    this.hush();
    this.store.close();
  }
}
