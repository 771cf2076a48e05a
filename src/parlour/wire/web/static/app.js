// The page: signed out, or a connection and one of its views.
import { apiFor } from "./api.js";
import { connect } from "./connection.js";
import { html, render, useEffect, useRef, useState } from "./html.js";
import { usePlace } from "./router.js";
import { forgetSession, isTokenLink, readSession, saveSession } from "./session.js";
import { Header } from "./views/header.js";
import { Home } from "./views/home.js";
import { later } from "./views/later.js";
import { useMayAuthor } from "./views/library/may-author.js";
import { SignIn } from "./views/sign-in.js";
import { useMayTest } from "./views/tests/may-test.js";

const AttemptPage = later(async () => (await import("./views/attempt-page.js")).AttemptPage);
const History = later(async () => (await import("./views/history.js")).History);
const Laboratory = later(async () => (await import("./views/lab/page.js")).Laboratory);
const Library = later(async () => (await import("./views/library/pages.js")).Library);
const Tests = later(async () => (await import("./views/tests/pages.js")).Tests);

function App() {
  const [session, setSession] = useState(readSession);
  const [reason, setReason] = useState(null);

  const enter = (next) => {
    saveSession(next);
    setReason(null);
    setSession(next);
  };
  const leave = (why = null) => {
    forgetSession();
    setReason(why);
    setSession(null);
    document.title = "Parlour";
    history.replaceState(null, "", location.pathname);
  };
  useEffect(() => {
    const follow = () => { if (isTokenLink()) enter(readSession()); };
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  if (!session) return html`<${SignIn} reason=${reason} onSession=${enter} />`;
  return html`<${Room} key=${session.token} session=${session} onLeave=${leave} />`;
}

function Room({ session, onLeave }) {
  const place = usePlace();
  const [state, setState] = useState("connecting");
  const [line, setLine] = useState(null);
  const listeners = useRef(new Set());
  const missed = useRef(new Map());
  const mayTest = useMayTest(session.token, state);
  const mayAuthor = useMayAuthor(session.token, state);
  const api = useRef(null);
  api.current ??= apiFor(session.token);

  useEffect(() => {
    // What went wrong with an attempt before its page was there is kept for that page.
    const tell = (event) => {
      if (event.name === "attempt_error" && listeners.current.size === 0) missed.current.set(event.payload.attempt_id, event);
      for (const listener of listeners.current) listener(event);
    };
    const connection = connect({
      token: session.token,
      onState: (next) => { setState(next); tell({ state: next }); },
      onEvent: (name, payload) => tell({ name, payload }),
      onFresh: () => tell({ fresh: true }),
      onRefused: (problem) => onLeave(problem.detail),
    });
    setLine({
      ...connection,
      listen: (listener) => { listeners.current.add(listener); return () => listeners.current.delete(listener); },
      missed: (attemptId) => {
        const event = missed.current.get(attemptId);
        missed.current.delete(attemptId);
        return event ?? null;
      },
    });
    return () => connection.close();
  }, []);

  const signOut = async () => {
    try {
      await api.current.signOut();
      onLeave();
    } catch (problem) {
      onLeave(problem.again ? "You are signed out here. The server could not be told; the token ends by itself." : null);
    }
  };
  const shared = { api: api.current, connection: line, onLeave };
  return html`
    <${Header} name=${session.name} state=${state} place=${place} mayTest=${mayTest} mayAuthor=${mayAuthor} onSignOut=${signOut} />
    <main id="main">
      ${line && place.page === "attempt" && html`<${AttemptPage} key=${place.attemptId} place=${place} ...${shared} />`}
      ${line && place.page === "home" && html`<${Home} ...${shared} />`}
      ${line && place.page === "history" && html`<${History} key=${place.simulationId} simulationId=${place.simulationId} ...${shared} />`}
      ${line && (place.page === "benchmarks" || place.page === "test") && html`<${Tests} place=${place} session=${session} ...${shared} />`}
      ${line && place.page === "library" && html`<${Library} place=${place} session=${session} ...${shared} />`}
      ${line && place.page === "laboratory" && html`<${Laboratory} place=${place} session=${session} ...${shared} />`}
    </main>`;
}

render(html`<${App} />`, document.getElementById("app"));
