// A graded conversation becomes a recording of a benchmark, with the consent of whoever spoke in it.
import { html, useEffect, useState } from "../../html.js";
import { testsApi } from "../../tests-api.js";
import { toBenchmark } from "../../router.js";
import { count } from "../../tests-words.js";
import { readSession } from "../../session.js";
import { Dialog } from "../dialog.js";
import { Notice } from "../parts.js";
import { Choice, Field } from "./fields.js";

// Shown to those who may change a benchmark, on the page of somebody else's graded conversation.
export function AddToBenchmark({ state, chat, grade }) {
  const offered = !state.own && chat.completed && grade?.state === "done";
  const [benchmarks, setBenchmarks] = useState([]);
  const [open, setOpen] = useState(false);
  useEffect(() => { if (offered) readOpen().then(setBenchmarks, () => undefined); }, [offered]);
  if (!offered || benchmarks.length === 0) return null;
  return html`
    <p><button type="button" class="quiet-button" onClick=${() => setOpen(true)}>Add to a benchmark</button></p>
    ${open && html`<${Form} chat=${chat} grade=${grade} benchmarks=${benchmarks} onClose=${() => setOpen(false)} />`}`;
}

// The benchmarks that the person may change.
async function readOpen() {
  const api = testsApi(readSession().token);
  const { items } = await api.benchmarks();
  const whole = await Promise.all(items.map((card) => api.benchmark(card.benchmark_id)));
  return whole.filter((each) => each.may_edit);
}

function Form({ chat, grade, benchmarks, onClose }) {
  const [form, setForm] = useState({ benchmark: benchmarks[0].benchmark_id, title: chat.title, part: "learner", consent: "" });
  const [problem, setProblem] = useState(null);
  const [added, setAdded] = useState(null);
  const [busy, setBusy] = useState(false);
  const set = (name) => (value) => setForm({ ...form, [name]: value });
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      setAdded(await testsApi(readSession().token).addRecording(form.benchmark, {
        chat_id: chat.id, grade_id: grade.id, part: form.part, consent: form.consent.trim(), title: form.title.trim() || null,
      }));
    } catch (failure) {
      setProblem(failure.detail);
    }
    setBusy(false);
  };
  return html`
    <${Dialog} title="Add to a benchmark" kind="form" onClose=${onClose}>
      ${added
        ? html`<div role="status"><p>It is a recording now.${replacedWords(added.names_replaced)}${" "}
            Please read it once, to see that nothing in it tells who spoke.</p></div>
          <p><a class="button primary" href=${toBenchmark(form.benchmark)}>Go to the benchmark</a></p>`
        : html`<form onSubmit=${submit}>
          <p>The words of this conversation will be read by other models. Names that are known are replaced.</p>
          <${Choice} name="to-benchmark" label="Benchmark" value=${form.benchmark} onValue=${set("benchmark")} options=${benchmarks.map((each) => [each.benchmark_id, each.name])} />
          <${Field} name="recording-title" label="Title" maxlength="200" value=${form.title} onValue=${set("title")} />
          <${Choice} name="part" label="Models stand in the place of" value=${form.part} onValue=${set("part")} options=${[["learner", "the learner"], ["persona", "the persona"]]} />
          <${Field} name="consent" label="How did the learner agree to it?" long required maxlength="4000"
            hint="For instance: “Agreed in writing on 3 May.” It is kept with the recording." value=${form.consent} onValue=${set("consent")} />
          <${Notice} text=${problem} />
          <div class="row end"><button type="submit" class="primary" disabled=${busy || form.consent.trim() === ""}>${busy ? "One moment…" : "Add it"}</button></div>
        </form>`}
    <//>`;
}

const replacedWords = (many) => (many > 0 ? ` ${count(many, "name")} in it ${many === 1 ? "was" : "were"} replaced.` : "");
