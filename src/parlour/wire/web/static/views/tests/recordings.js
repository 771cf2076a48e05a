// The recorded conversations of a benchmark; each is read when it is opened.
import { html, useState } from "../../html.js";
import { checkWords, count, seconds } from "../../tests-words.js";
import { Confirm, Loading, Notice } from "../parts.js";
import { useRead } from "./use-read.js";

export function Recordings({ api, benchmark, onChanged, onProblem }) {
  const [leaving, setLeaving] = useState(null);
  const remove = async () => {
    const { recording_id: id } = leaving;
    setLeaving(null);
    try {
      await api.removeRecording(benchmark.benchmark_id, id, benchmark.version);
      onChanged();
    } catch (problem) {
      onProblem(problem.detail);
    }
  };
  return html`
    <section aria-labelledby="recordings"><h2 id="recordings">${count(benchmark.recordings.length, "recording")}</h2>
      ${benchmark.may_edit && html`<p class="quiet small">To add one, open a graded conversation of somebody you teach and choose “Add to a benchmark”.</p>`}
      <ul class="plain-list">${benchmark.recordings.map((each) => html`
        <${Recording} key=${each.recording_id} api=${api} head=${each} onRemove=${benchmark.may_edit ? () => setLeaving(each) : null} />`)}</ul>
      ${leaving && html`<${Confirm} title="Take this recording out?" text=${`“${leaving.title}” is not replayed in new tests. Tests that have begun keep it.`}
        yes="Take it out" onYes=${remove} onNo=${() => setLeaving(null)} />`}
    </section>`;
}

function Recording({ api, head, onRemove }) {
  const [open, setOpen] = useState(false);
  const facts = [head.scenario_name, count(head.turns, "answer"), head.seconds > 0 && seconds(head.seconds), head.grade && `${head.grade.score} of ${head.grade.total_points} then`,
    head.names_replaced > 0 && `${count(head.names_replaced, "name")} replaced`].filter(Boolean);
  return html`
    <li><details class="recording" onToggle=${(event) => setOpen(event.currentTarget.open)}>
      <summary><span class="history-name">${head.title}</span><span class="quiet small under">${facts.join(" · ")}</span></summary>
      ${open && html`<${Words} api=${api} head=${head} />`}
      ${onRemove && html`<p><button type="button" onClick=${onRemove}>Take it out<span class="unseen">: ${head.title}</span></button></p>`}
    </details></li>`;
}

function Words({ api, head }) {
  const { found, problem, reload } = useRead(() => api.recording(head.recording_id), head.recording_id);
  if (!found) return html`<${Notice} text=${problem}><button type="button" onClick=${reload}>Try again</button><//>${!problem && html`<${Loading} what="its words" />`}`;
  const who = head.part === "learner" ? { user: "Persona", assistant: "Learner" } : { user: "Learner", assistant: "Persona" };
  const rest = { system: "To begin with", developer: "To begin with", tool: "Tool" };
  return html`
    <ol class="said">${found.messages.map((message) => html`
      <li key=${message.id} data-role=${message.role}><p class="who">${who[message.role] ?? rest[message.role]}
        ${message.role === "assistant" && html` <span class="quiet small">to be said anew</span>`}</p>
        ${message.content && html`<p class="prose">${message.content}</p>`}
        ${message.tool_calls.map((call) => html`<p key=${call.call_id} class="small"><span class="quiet">asks for</span> <code>${call.name}(${call.arguments})</code></p>`)}</li>`)}</ol>
    ${found.checks.length > 0 && html`<p class="quiet small">Its own checks: ${found.checks.map(checkWords).join(" ")}</p>`}
    ${found.consent && html`<p class="quiet small">Consent: ${found.consent}</p>`}`;
}
