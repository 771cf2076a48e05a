// A person's own mark of a case: the scale that judges are measured with. It changes no score.
import { html, useState } from "../../html.js";
import { Notice } from "../parts.js";

export function HumanMark({ api, testId, replayId, rubric, onMarked }) {
  const [levels, setLevels] = useState({});
  const [summary, setSummary] = useState("");
  const [problem, setProblem] = useState(null);
  const [told, setTold] = useState("");
  const open = rubric.groups.filter((group) => !levels[group.id]);
  const save = async (event) => {
    event.preventDefault();
    setTold("");
    try {
      await api.mark(testId, { replay_id: replayId, levels, summary: summary.trim() });
      setProblem(null);
      setTold("Your mark is kept.");
      onMarked();
    } catch (failure) {
      setProblem(failure.detail);
    }
  };
  return html`
    <details class="grade human-mark"><summary><h3>Your own mark</h3></summary>
      <p class="quiet small">It changes no score. It shows how near the judges are to people.</p>
      <form onSubmit=${save}>
        ${rubric.groups.map((group) => html`
          <fieldset key=${group.id}><legend>${group.name}</legend>${group.description && html`<p class="quiet small">${group.description}</p>`}
            ${[...group.standards].sort((a, b) => b.points - a.points).map((standard) => html`
              <label class="check" key=${standard.id}><input type="radio" name=${`level-${group.id}`} value=${standard.id} checked=${levels[group.id] === standard.id}
                onChange=${() => setLevels({ ...levels, [group.id]: standard.id })} /><span>${standard.points} · ${standard.name}</span></label>`)}</fieldset>`)}
        <label for="mark-summary">In a sentence, if you like</label>
        <textarea id="mark-summary" rows="2" maxlength="2000" value=${summary} onInput=${(event) => setSummary(event.target.value)}></textarea>
        <${Notice} text=${problem} />
        <p class="row"><button type="submit" class="primary" disabled=${open.length > 0}>Keep this mark</button>
          <span class="quiet small" role="status">${told || (open.length > 0 ? `${open.length} of ${rubric.groups.length} criteria to go.` : "")}</span></p>
      </form>
    </details>`;
}
