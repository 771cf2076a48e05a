// Files on their way to the assistant. They live as long as the page; one that could not be sent may be sent again, and
// then has no second effect, because it keeps its key (lab protocol 2.4).
export class Sending {
  constructor({ send, newId, onChange }) {
    Object.assign(this, { send, newId, onChange, list: [] });
  }

  add(message) {
    const entry = { id: this.newId(), message, share: 0, state: "sending", detail: null };
    this.change([...this.list, entry]);
    return this.run(entry);
  }

  again(id) {
    const entry = this.list.find((each) => each.id === id && each.state === "failed");
    if (!entry) return undefined;
    this.update(id, { state: "sending", share: 0, detail: null });
    return this.run(entry);
  }

  // What failed only because the server could not be reached.
  resume() {
    return Promise.all(this.list.filter((each) => each.again).map((each) => this.again(each.id)));
  }

  async run({ id, message }) {
    try {
      await this.send(message, id, (share) => this.update(id, { share }));
      this.remove(id);
    } catch (problem) {
      this.update(id, { state: "failed", detail: problem.detail ?? "The file could not be sent.", again: Boolean(problem.again) });
    }
  }

  remove(id) {
    this.change(this.list.filter((each) => each.id !== id));
  }

  update(id, change) {
    this.change(this.list.map((each) => (each.id === id ? { ...each, ...change } : each)));
  }

  change(list) {
    this.list = list;
    this.onChange();
  }
}
