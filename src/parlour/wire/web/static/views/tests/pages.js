// Tests of models: the benchmarks, one of them, starting a test, and a test with its results and cases.
import { html, useRef } from "../../html.js";
import { testsApi } from "../../tests-api.js";
import { Benchmark } from "./benchmark.js";
import { Benchmarks } from "./benchmarks.js";
import { StartTest } from "./start-test.js";
import { TestPage } from "./test-page.js";

export function Tests({ place, session, connection, onLeave }) {
  const api = useRef(null);
  api.current ??= testsApi(session.token);
  const given = { api: api.current, connection, onLeave };
  if (place.page === "test") return html`<${TestPage} key=${place.testId} place=${place} ...${given} />`;
  if (!place.benchmarkId) return html`<${Benchmarks} ...${given} />`;
  const id = place.benchmarkId;
  return place.start ? html`<${StartTest} key=${id} benchmarkId=${id} ...${given} />` : html`<${Benchmark} key=${id} benchmarkId=${id} ...${given} />`;
}
