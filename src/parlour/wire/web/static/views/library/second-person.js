// A second pair of eyes: who writes along, and who looks at it before it is published.
import { html, useState } from "../../html.js";
import { day } from "../parts.js";

export function SecondPerson({ api, open }) {
  const { draft, store } = open;
  const [note, setNote] = useState("");
  const [who, setWho] = useState("");
  const does = (call) => open.attempt(() => store.command(call));
  const { review } = draft;
  const invite = async (event) => {
    event.preventDefault();
    if (await does(() => api.addEditor(draft.id, who.trim()))) setWho("");
  };
  const ask = (event) => {
    event.preventDefault();
    does((version) => api.askReview(draft.id, version, note.trim()));
  };
  return html`
    <details class="lib-second" open=${Boolean(review) || draft.needs_approval}><summary><h2>Second person</h2></summary>
      ${review && html`<div class="lib-review"><p>${nameIn(draft, review.asked_by)} asks somebody to look at it${review.asked_at ? html` <span class="quiet small">${day(review.asked_at)}</span>` : ""}.</p>
        ${review.note && html`<p class="asked-note prose">${review.note}</p>`}
        ${review.approvals.map((each) => html`<p key=${each.profile_id} class="small">✓ ${each.name} approved it${each.version === draft.version ? "" : ", before the last changes"}.</p>`)}
        <span class="row">${draft.may.approve && html`<button type="button" class="primary" onClick=${() => does((version) => api.approve(draft.id, version))}>Approve it</button>`}
          ${draft.may.edit && html`<button type="button" class="plain" onClick=${() => does(() => api.endReview(draft.id))}>No longer ask</button>`}</span></div>`}
      ${!review && draft.may.edit && html`<form onSubmit=${ask}><label for="review-note">What should be looked at?</label>
        <textarea id="review-note" rows="2" maxlength="2000" value=${note} onInput=${(event) => setNote(event.target.value)}></textarea>
        <button type="submit" class="lib-small">Ask for a look</button></form>`}
      ${draft.editors.length > 0 && html`<ul class="lib-links" aria-label="They write along">${draft.editors.map((each) => html`<li key=${each.profile_id}><span>${each.name}</span>
        ${draft.may.edit && html`<button type="button" class="plain" onClick=${() => does(() => api.removeEditor(draft.id, each.profile_id))}>Take out<span class="unseen"> ${each.name}</span></button>`}</li>`)}</ul>`}
      ${draft.may.edit && html`<form class="lib-find" onSubmit=${invite}><label for="invite">Write together with</label><div class="row"><input id="invite" value=${who} maxlength="64" placeholder="Sign-in name" required onInput=${(event) => setWho(event.target.value)} />
        <button type="submit">Invite</button></div></form>`}
    </details>`;
}

const nameIn = (draft, id) => [draft.owner, ...draft.editors].find((each) => each.profile_id === id)?.name || "Somebody";
