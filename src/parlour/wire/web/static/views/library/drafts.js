// Drafts that wait for one: one's own, and those that a colleague shares or asks to be looked at.
import { html } from "../../html.js";
import { labelOf, nameOf } from "../../library-words.js";
import { toDraft } from "../../router.js";
import { day } from "../parts.js";
import { useRead } from "../tests/use-read.js";

const SHOWN = 6;

export function Drafts({ api, types }) {
  const { found } = useRead(() => api.drafts(), "drafts");
  const drafts = (found?.items ?? []).filter((each) => each.artifact_type !== "chat");
  if (drafts.length === 0) return null;
  const row = (draft) => html`
    <li key=${draft.id}><a href=${toDraft(draft.id)}><span class="lib-words"><span class="history-name">${nameOf(draft)}</span>
      <span class="quiet small">${[labelOf(draft.artifact_type, types), draft.artifact_id ? "a new version" : "new", day(draft.updated_at), !draft.mine && `of ${draft.owner.name}`].filter(Boolean).join(" · ")}</span></span>
      <span class="lib-end">${draft.review && !draft.mine && html`<span class="tag" data-status="passed">Look at it</span>`}${draft.review && draft.mine && html`<span class="tag">Being looked at</span>`}</span></a></li>`;
  return html`
    <section aria-labelledby="drafts"><h2 id="drafts">Drafts</h2>
      <ul class="lib-list">${drafts.slice(0, SHOWN).map(row)}</ul>
      ${drafts.length > SHOWN && html`<details class="more"><summary>${drafts.length - SHOWN} more</summary><ul class="lib-list">${drafts.slice(SHOWN).map(row)}</ul></details>`}
    </section>`;
}
