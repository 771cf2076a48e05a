import { html, useEffect, useState } from "../html.js";

const WORDS = { connecting: "Connecting…", online: "Connected", recovered: "Back again, nothing was lost", reconnecting: "Reconnecting…" };
const RECOVERED_MS = 4_000;

export function Header({ name, state, place, mayTest, mayAuthor, onSignOut }) {
  const current = (page) => (place.page === page ? "page" : undefined);
  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to the content</a>
    <header class="top">
      <a class="brand" href="#/">Parlour</a>
      <nav aria-label="Pages">
        <a href="#/" aria-current=${current("home")}>Practice</a>
        <a href="#/history" aria-current=${current("history")}>History</a>
        <a href="#/laboratory" aria-current=${current("laboratory")}>Laboratory</a>
        ${mayAuthor && html`<a href="#/library" aria-current=${current("library")}>Library</a>`}
        ${mayTest && html`<a href="#/benchmarks" aria-current=${current("benchmarks") ?? current("test")}>Tests</a>`}
      </nav>
      <${ConnectionState} state=${state} />
      ${name && html`<span class="who">${name}</span>`}
      <button type="button" class="plain" onClick=${onSignOut}>Sign out</button>
    </header>`;
}

function skip(event) {
  event.preventDefault();
  document.querySelector("#main h1")?.focus();
}

function ConnectionState({ state }) {
  const [settled, setSettled] = useState(false);
  useEffect(() => {
    setSettled(false);
    if (state !== "recovered") return undefined;
    const wait = setTimeout(() => setSettled(true), RECOVERED_MS);
    return () => clearTimeout(wait);
  }, [state]);
  const shown = state === "recovered" && settled ? "online" : state;
  return html`<span class="line" role="status" data-state=${shown}><span class="dot" aria-hidden="true"></span><span class="line-words">${WORDS[shown]}</span></span>`;
}
