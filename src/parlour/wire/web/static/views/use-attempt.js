// Ties one attempt's store and outbox to the page.
import { AttemptStore } from "../attempt-store.js";
import { useEffect, useRef, useState } from "../html.js";
import { newRequestId } from "../ids.js";
import { Outbox } from "../outbox.js";

const PUMP_MS = 1_500;

export function useAttempt({ api, connection, attemptId }) {
  const [, redraw] = useState(0);
  const held = useRef(null);
  held.current ??= build({ api, connection, attemptId, onChange: () => redraw((count) => count + 1) });
  const { store, outbox } = held.current;

  useEffect(() => {
    const quiet = connection.listen((event) => {
      if (event.name) store.handle(event.name, event.payload);
      if (event.fresh) store.rejoin();
      if (event.state === "online" && store.failure) store.load();
      outbox.pump();
    });
    const ticking = setInterval(() => outbox.pump(), PUMP_MS);
    store.load();
    const missed = connection.missed(attemptId);
    if (missed) store.handle(missed.name, missed.payload);
    return () => { quiet(); clearInterval(ticking); store.close(); };
  }, []);
  return { store, outbox };
}

function build({ api, connection, attemptId, onChange }) {
  const store = new AttemptStore({ api, connection, attemptId, onChange });
  const outbox = new Outbox({
    storage: sessionStorage,
    key: `parlour.outbox.${attemptId}`,
    newId: newRequestId,
    ready: (entry) => connection.isOnline() && store.takesMessage(entry.chatId),
    send: (entry) => connection.call("attempt_message", {
      attempt_id: attemptId, chat_id: entry.chatId, message: entry.text, parent_message_id: entry.parentId,
    }, entry.requestId ?? entry.id),
    onChange,
  });
  return { store, outbox };
}
