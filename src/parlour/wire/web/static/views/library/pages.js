// The library: what there is, one artifact with its versions, and a draft in its editor.
import { html, useEffect, useRef, useState } from "../../html.js";
import { libraryApi } from "../../library-api.js";
import { Loading, Notice, PageTitle } from "../parts.js";
import { ArtifactPage } from "./artifact.js";
import { DraftPage } from "./draft-page.js";
import { List } from "./list.js";
import { Trainings } from "./trainings.js";

export function Library({ place, session, connection, onLeave }) {
  const api = useRef(null);
  api.current ??= libraryApi(session.token);
  const [types, setTypes] = useState(null);
  const [problem, setProblem] = useState(null);
  const load = () => {
    setProblem(null);
    api.current.types().then(setTypes, (failure) => (failure.status === 401 ? onLeave(failure.detail) : setProblem(failure.detail)));
  };
  useEffect(load, []);
  if (!types) {
    return html`<div class="page library">${problem
      ? html`<${PageTitle}>The library cannot be opened<//><${Notice} text=${problem}><button type="button" onClick=${load}>Try again</button><//>`
      : html`<${Loading} what="the library" />`}</div>`;
  }
  const given = { api: api.current, types, connection, onLeave };
  if (types.types.length === 0) return html`<div class="page library"><${PageTitle}>Library<//><p class="quiet">The library is for people who teach.</p></div>`;
  if (place.draftId) return html`<${DraftPage} key=${place.draftId} draftId=${place.draftId} ...${given} />`;
  if (place.artifactId) return html`<${ArtifactPage} key=${place.artifactId} place=${place} ...${given} />`;
  if (place.part === "trainings") return html`<${Trainings} key=${place.cohortId} cohortId=${place.cohortId} ...${given} />`;
  return html`<${List} ...${given} />`;
}
