// The conversation of a case, with the words marked that the chosen judge quotes.
import { html, useEffect, useRef } from "../../html.js";
import { markQuotes } from "../../tests-quotes.js";

const PERSON = { learner: "Persona", persona: "Learner" };

// `shown.quote`: the quote that was asked for; it is framed, and the page goes there.
export function CaseTalk({ detail, grade, shown }) {
  const talk = useRef(null);
  const quotes = (grade?.criteria ?? []).flatMap((each) => each.evidence);
  const aim = shown?.quote ?? null;
  useEffect(() => {
    const place = aim && talk.current.querySelector("[data-aim]");
    place?.scrollIntoView({ block: "center" });
    place?.focus({ preventScroll: true });
  }, [aim]);
  const who = PERSON[detail.recording.part] ?? "Person";
  return html`
    <section class="case-talk" aria-labelledby="case-talk" ref=${talk}><h3 id="case-talk">The conversation</h3>
      ${detail.turns.length === 0 && html`<p class="quiet">Nothing was said.</p>`}
      <ol>${detail.turns.map((turn) => html`
        <li key=${turn.turn}>
          ${turn.heard.map((each, at) => html`<div key=${at} class="heard" data-role=${each.role}><p class="who">${each.role === "tool" ? "Tool" : who}</p><p class="prose">${each.content}</p></div>`)}
          <div class="made"><p class="who">${detail.title} <span class="quiet small">answer ${turn.turn}${turn.state === "writing" ? ", unfinished" : ""}</span></p>
            <p class="prose"><${Marked} text=${turn.content} quotes=${quotes.filter((quote) => isOf(quote, turn))} aim=${aim} /></p>
            ${turn.tool_calls.map((call, at) => html`<p key=${at} class="tool-call small"><span class="quiet">asks for</span> <code>${call.name}(${call.arguments})</code>
              ${call.result != null ? html` <span class="quiet">and is told</span> <code>${call.result}</code>` : html` <span class="quiet">which the recording does not have</span>`}</p>`)}
          </div>
        </li>`)}</ol>
    </section>`;
}

const isOf = (quote, turn) => (quote.turn != null ? quote.turn === turn.turn : quote.message_id === turn.message_id);

function Marked({ text, quotes, aim }) {
  let aimed = false;
  return markQuotes(text, quotes.map((each) => each.quote)).map((piece, at) => {
    if (piece.marks.length === 0) return html`<span key=${at}>${piece.text}</span>`;
    const here = aim && !aimed && piece.marks.some((index) => quotes[index] === aim);
    aimed ||= here;
    return html`<mark key=${at} data-aim=${here ? "" : undefined} tabindex=${here ? "-1" : undefined}>${piece.text}</mark>`;
  });
}
