// One conversation with the assistant: its store, kept up to date, and what was said but is not accepted yet.
import { useEffect, useRef, useState } from "../../html.js";
import { newRequestId } from "../../ids.js";
import { labApi, whoAmI } from "../../lab-api.js";
import { Sending } from "../../lab-sending.js";
import { LabStore } from "../../lab-store.js";
import { Outbox } from "../../outbox.js";
import { saveSession } from "../../session.js";

export function useLab({ session, connection, onLeave }) {
  const [, refresh] = useState(0);
  const [lab, setLab] = useState(null);
  const [failure, setFailure] = useState(null);

  const open = async () => {
    setFailure(null);
    try {
      const userId = session.userId ?? (await whoAmI(session.token)).user_id;
      if (!session.userId) saveSession(Object.assign(session, { userId }));
      setLab(opened(labApi(session.token, userId), connection, () => refresh((count) => count + 1)));
    } catch (problem) {
      if (problem.status === 401) onLeave(problem.detail);
      else setFailure(problem);
    }
  };
  useEffect(() => { open(); }, []);
  useEffect(() => {
    if (!lab) return undefined;
    const { store, outbox, sending } = lab;
    const stop = connection.listen((event) => {
      if (event.fresh) store.rejoin();
      else if (event.name) store.handle(event.name, event.payload);
      else if (event.state === "online" || event.state === "recovered") {
        outbox.pump();
        sending.resume();
        if (!store.state) store.load();
      }
    });
    const look = () => store.tellSeen();
    document.addEventListener("visibilitychange", look);
    store.load().then(() => outbox.pump());
    return () => {
      stop();
      document.removeEventListener("visibilitychange", look);
      store.close();
    };
  }, [lab]);
  useEffect(() => { if (lab?.store.failure?.status === 401) onLeave(lab.store.failure.detail); }, [lab?.store.failure]);
  return { lab, failure: failure ?? (lab && !lab.store.state ? lab.store.failure : null), open: lab ? () => lab.store.load() : open };
}

function opened(api, connection, onChange) {
  const store = new LabStore({ api, connection, onChange });
  const outbox = new Outbox({
    storage: sessionStorage, key: `parlour.lab.outbox.${api.userId}`, newId: newRequestId, onChange,
    ready: () => connection.isOnline(),
    send: ({ message, id }) => api.say(message, id),
  });
  const sending = new Sending({ send: (message, ...how) => (message.spoken ? api.sendSpeech : api.sendFile)(message, ...how), newId: newRequestId, onChange });
  return { api, store, outbox, sending };
}
