// The cards: assigned training and practice (specification 10.4).
import { html, useEffect, useState } from "../html.js";
import { newRequestId } from "../ids.js";
import { toAttempt, toTraining } from "../router.js";
import { day, Loading, minutes, Notice, PageTitle } from "./parts.js";

const STATUS = { "passed": "Passed", "in-progress": "In progress", "not-started": "Not started" };

export function Home({ api, connection, onLeave }) {
  const [cards, setCards] = useState(null);
  const [problem, setProblem] = useState(null);
  const [starting, setStarting] = useState(null);

  const load = async () => {
    setProblem(null);
    try {
      const [home, practice, attempts] = await Promise.all([api.home(), api.practice(), api.attempts({ is_archived: false })]);
      setCards({ home: home.items, practice: practice.items, open: attempts.items.filter((attempt) => attempt.state === "active") });
    } catch (failure) {
      if (failure.status === 401) onLeave(failure.detail);
      else setProblem(failure.detail);
    }
  };
  useEffect(() => { load(); }, []);

  const start = async (card, infinite) => {
    const key = card.home_id ? { home_id: card.home_id } : { practice_id: card.practice_id, infinite_mode: infinite };
    setStarting(keyOf(card));
    setProblem(null);
    try {
      const answer = await connection.call("attempt_start", key, newRequestId());
      location.hash = toAttempt(answer.attempt_id);
    } catch (failure) {
      setProblem(failure.detail);
      setStarting(null);
    }
  };
  const openOf = (card) => cards.open.find((attempt) => (attempt.home_id ?? attempt.practice_id) === keyOf(card) && attempt.profile_id === connection.profileId());
  const shelf = (items) => items.map((card) => html`
    <${Card} key=${keyOf(card)} card=${card} open=${openOf(card)} busy=${starting === keyOf(card)} locked=${starting !== null} onStart=${(infinite) => start(card, infinite)} />`);
  return html`
    <div class="page">
      <${PageTitle}>${cards && taught([...cards.home, ...cards.practice]) ? "What you teach" : "Choose a conversation"}<//>
      <${Notice} text=${problem}>${!cards && html`<button type="button" onClick=${load}>Try again</button>`}<//>
      ${!cards && !problem && html`<${Loading} what="your conversations" />`}
      ${cards?.home.length > 0 && html`
        <section aria-labelledby="assigned"><h2 id="assigned">${taught(cards.home) ? "Assigned" : "Assigned to you"}</h2>
          <ul class="cards">${shelf(cards.home)}</ul></section>`}
      ${cards?.practice.length > 0 && html`<section aria-labelledby="practice"><h2 id="practice">Practice</h2><ul class="cards">${shelf(cards.practice)}</ul></section>`}
      ${cards && cards.home.length + cards.practice.length === 0 && html`<p class="quiet">Nothing is assigned to you yet. What you may read is in the <a href="#/history">history</a>.</p>`}
    </div>`;
}

const taught = (items) => items.length > 0 && items.every((card) => card.view_mode === "instructional");

const keyOf = (card) => card.home_id ?? card.practice_id;

// `open`: the person's newest attempt that has not ended, if there is one.
function Card({ card, open, busy, locked, onStart }) {
  const [infinite, setInfinite] = useState(false);
  const name = card.name ?? card.simulation_name ?? "Conversation";
  const id = `card-${keyOf(card)}`;
  const scenes = card.scenario_ids?.length ?? 0;
  const status = card.status ?? "not-started";
  const teaches = card.view_mode === "instructional";
  const facts = [
    scenes > 0 && `${scenes} ${scenes === 1 ? "scenario" : "scenarios"}`,
    card.time_limit && `Time limit ${minutes(card.time_limit)}`,
    card.end_time && `Until ${day(card.end_time)}`,
  ].filter(Boolean);
  return html`
    <li class="card">
      <div class="row apart"><h3 id=${id}>${name}</h3>${!teaches && html`<span class="tag" data-status=${status}>${STATUS[status] ?? status}</span>`}</div>
      <p class="card-text">${card.description ?? card.simulation_description}</p>
      <p class="quiet small">${facts.join(" · ")}</p>
      ${teaches && html`<p class="quiet small">${[[card.passed_count, "passed"], [card.in_progress_count, "in progress"], [card.not_started_count, "not started"]]
        .filter(([count]) => count != null).map(([count, words]) => `${count} ${words}`).join(" · ")}</p>`}
      ${!teaches && card.practice_id && html`
        <label class="check small"><input type="checkbox" checked=${infinite} onChange=${(event) => setInfinite(event.target.checked)} />
          Go round again until I stop</label>`}
      ${teaches ? html`<p><a class="button" href=${toTraining(card.simulation_id)}>See the attempts</a></p>` : html`<div class="row apart">
        <p class="best">${card.highest_score == null ? "Not graded yet" : html`Best score <strong>${card.highest_score}</strong>`}</p>
        <span class="row">
          <button type="button" class=${open ? "" : "primary"} disabled=${locked} aria-describedby=${id} onClick=${() => onStart(infinite)}>${busy ? "Starting…" : open ? "Start anew" : "Start"}</button>
          ${open && html`<a class="button primary" href=${toAttempt(open.id)} aria-describedby=${id}>Continue</a>`}
        </span>
      </div>`}
    </li>`;
}
