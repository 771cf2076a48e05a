// Where the person is, from the address: #/ · #/history · #/history/<simulation id> · #/attempt/<id> · #/attempt/<id>/message/<id>
// · #/laboratory · #/laboratory/experiments/<id> · #/laboratory/papers · #/laboratory/files
// · #/library · #/library/<id> · #/library/<id>/versions · #/drafts/<id> · #/trainings · #/trainings/<cohort id>
// · #/benchmarks · #/benchmarks/<id> · #/benchmarks/<id>/start · #/tests/<id> · #/tests/<id>/cases · #/tests/<id>/cases/<replay id>.
import { useEffect, useState } from "./html.js";

const LAB_PARTS = new Set(["experiments", "papers", "files"]);

export function placeOf(hash) {
  const [page, id, part, messageId] = hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  if (page === "attempt" && id) return { page: "attempt", attemptId: id, messageId: part === "message" ? messageId : null };
  if (page === "laboratory") return { page: "laboratory", part: LAB_PARTS.has(id) ? id : "talk", experimentId: id === "experiments" ? part ?? null : null };
  if (page === "benchmarks") return { page: "benchmarks", benchmarkId: id || null, start: part === "start" };
  if (page === "library") return { page: "library", artifactId: id || null, part: part === "versions" ? "versions" : "read", draftId: null };
  if (page === "drafts" && id) return { page: "library", artifactId: null, part: "read", draftId: id };
  if (page === "trainings") return { page: "library", artifactId: null, part: "trainings", draftId: null, cohortId: id || null };
  if (page === "tests" && id) return { page: "test", testId: id, part: part === "cases" ? "cases" : "results", replayId: (part === "cases" && messageId) || null };
  return page === "history" ? { page: "history", simulationId: id ?? null } : { page: "home" };
}

export const toAttempt = (id) => `#/attempt/${encodeURIComponent(id)}`;
export const toExperiment = (id) => `#/laboratory/experiments/${encodeURIComponent(id)}`;
export const toTraining = (simulationId) => `#/history/${encodeURIComponent(simulationId)}`;
export const toBenchmark = (id) => `#/benchmarks/${encodeURIComponent(id)}`;
export const toTest = (id) => `#/tests/${encodeURIComponent(id)}`;
export const toArtifact = (id) => `#/library/${encodeURIComponent(id)}`;
export const toVersions = (id) => `${toArtifact(id)}/versions`;
export const toTrainings = (cohortId) => (cohortId ? `#/trainings/${encodeURIComponent(cohortId)}` : "#/trainings");
export const toDraft = (id) => `#/drafts/${encodeURIComponent(id)}`;
export const toCase = (id, replayId) => `${toTest(id)}/cases/${encodeURIComponent(replayId)}`;
export const toMessage = (id, messageId) => `${toAttempt(id)}/message/${encodeURIComponent(messageId)}`;

export function usePlace() {
  const [place, setPlace] = useState(() => placeOf(location.hash));
  useEffect(() => {
    const follow = () => setPlace(placeOf(location.hash));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return place;
}
