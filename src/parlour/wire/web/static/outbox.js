// Messages typed but not yet accepted by the server. They outlive a lost connection and a reload of the page, go out
// one at a time, and carry one request id until they are answered, so that each becomes one message (4.5).

// `storage`: like sessionStorage. `send(entry)`: resolves once accepted, or throws a Problem. `ready(entry)`: whether
// the chat can take a message now. `onChange()`: the list changed.
export class Outbox {
  constructor({ storage, key, newId, send, ready, onChange }) {
    Object.assign(this, { storage, key, newId, send, ready, onChange });
    this.list = this.restore();
    this.busy = false;
  }

  add(message) {
    this.change([...this.list, { ...message, id: this.newId(), state: "waiting", detail: null }]);
    return this.pump();
  }

  // The server remembers a refusal under its request id: what is sent again after one needs a new id.
  async pump() {
    if (this.busy) return;
    const entry = this.list.find((item) => item.state === "waiting" && !this.blocked(item) && this.ready(item));
    if (!entry) return;
    this.busy = true;
    this.update(entry.id, { state: "sending" });
    const change = await this.attempt(this.list.find((item) => item.id === entry.id));
    this.busy = false;
    if (change) this.update(entry.id, change);
    else this.remove(entry.id);
    if (!change || change.state === "failed") await this.pump();
  }

  async attempt(entry) {
    try {
      await this.send(entry);
      return null;
    } catch (problem) {
      if (problem.code === "turn_in_progress") return { state: "waiting", requestId: this.newId() };
      if (problem.again) return { state: "waiting" };
      return { state: "failed", detail: problem.detail ?? "The message could not be sent." };
    }
  }

  // A message waits for the one before it in its chat.
  blocked(entry) {
    const earlier = this.list.slice(0, this.list.indexOf(entry));
    return earlier.some((item) => item.chatId === entry.chatId && item.state !== "failed");
  }

  remove(id) {
    this.change(this.list.filter((item) => item.id !== id));
  }

  update(id, change) {
    this.change(this.list.map((item) => (item.id === id ? { ...item, ...change } : item)));
  }

  change(list) {
    this.list = list;
    this.storage.setItem(this.key, JSON.stringify(list));
    this.onChange();
  }

  restore() {
    const stored = JSON.parse(this.storage.getItem(this.key) ?? "[]");
    return stored.map((item) => (item.state === "sending" ? { ...item, state: "waiting" } : item));
  }
}
