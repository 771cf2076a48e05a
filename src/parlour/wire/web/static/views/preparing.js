// The next scenario is being made for this attempt (specification 6.1.7).
import { html } from "../html.js";
import { kindInWords } from "../lobby-state.js";

export function Preparing({ preparing }) {
  const { percentage, last } = preparing;
  const made = kindInWords(last);
  return html`
    <section class="next preparing" aria-label="Next scenario">
      <div>
        <p class="grading" role="status"><span class="pulse" aria-hidden="true"></span>Your scenario is being prepared. You can stay here or come back later.</p>
        <progress max="100" value=${percentage ?? undefined} aria-label="Preparing"></progress>
        <p class="quiet small">${percentage == null ? "Just begun" : `${percentage} %`}${made ? ` · ready: ${made}` : ""}</p>
      </div>
    </section>`;
}
