// What stock clients of the tests share: waiting for an event, asking for an answer, giving up.

export function fail(reason) {
  console.error(reason);
  process.exit(1);
}

// `read`: what is kept of a payload. The client gives up when it has not ended after `seconds`.
export function listen(socket, seconds, read = (payload) => payload) {
  const events = [];
  const waiting = [];

  socket.onAny((name, payload) => {
    events.push({ name, payload: read(payload) });
    for (const one of waiting.splice(0)) (one.fits() ? one.done() : waiting.push(one));
  });
  setTimeout(() => fail(`no end after ${JSON.stringify(events.map((event) => event.name))}`), seconds * 1000);

  function heard(name, members = {}) {
    const found = () =>
      events.find((e) => e.name === name && Object.entries(members).every(([key, value]) => e.payload[key] === value));
    return new Promise((resolve) => {
      if (found()) resolve(found().payload);
      else waiting.push({ fits: () => Boolean(found()), done: () => resolve(found().payload) });
    });
  }

  async function call(name, payload) {
    const args = await new Promise((resolve) => socket.emit(name, payload, (...all) => resolve(all)));
    if (args.length !== 1 || args[0].ok !== true) fail(`${name}: ${JSON.stringify(args)}`);
    return args[0];
  }

  return { events, heard, call };
}
