// Papers: one's recent ones, and those of the laboratory.
import { html } from "../../html.js";
import { Paged, usePages } from "./pages.js";

export function Papers({ api, onShow }) {
  const recent = usePages((after) => api.papers("recent", after), (page) => page.papers);
  const shared = usePages((after) => api.papers("shared", after), (page) => page.papers);
  return html`
    <section aria-labelledby="recent-papers"><h2 id="recent-papers">Your recent papers</h2>
      <${Paged} list=${recent} what="your papers" empty="None yet. Send a paper to the assistant and say: add this to my papers."><${Rows} rows=${recent.rows} onShow=${onShow} /><//></section>
    <section aria-labelledby="shared-papers"><h2 id="shared-papers">Papers of the laboratory</h2>
      <${Paged} list=${shared} what="papers of the laboratory" empty="The library is empty."><${Rows} rows=${shared.rows} onShow=${onShow} /><//></section>`;
}

function Rows({ rows, onShow }) {
  return html`<ul class="papers">${rows?.map((paper) => html`
    <li key=${paper.paper_id}>
      <h3>${paper.file ? html`<button type="button" class="plain" onClick=${() => onShow({ handle: paper.file.handle, title: paper.title, about: aboutOf(paper) })}>${paper.title}</button>` : paper.title}</h3>
      <p class="quiet small">${aboutOf(paper)}</p>
      ${(paper.summary || paper.abstract) && html`<details class="more small"><summary>${paper.summary ? "Summary" : "Abstract"}</summary><p class="prose">${paper.summary ?? paper.abstract}</p></details>`}
    </li>`)}</ul>`;
}

const aboutOf = (paper) => [
  paper.authors.join(", "), paper.year, paper.possessor && `held by ${paper.possessor}`, paper.doi && `doi ${paper.doi}`, paper.arxiv_id && `arXiv ${paper.arxiv_id}`,
].filter(Boolean).join(" · ");
