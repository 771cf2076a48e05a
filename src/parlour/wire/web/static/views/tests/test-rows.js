// Tests as a list, newest first.
import { html } from "../../html.js";
import { toTest } from "../../router.js";
import { count, stateOf } from "../../tests-words.js";
import { day } from "../parts.js";

export function TestRows({ tests, benchmarks }) {
  return html`<ul class="history">${tests.map((test) => {
    const state = stateOf(test);
    return html`<li key=${test.test_id}>
      <a href=${toTest(test.test_id)}><span class="history-name">${test.name || test.benchmark_name}</span>
        <span class="quiet small">${[benchmarks && test.name && test.name !== test.benchmark_name && test.benchmark_name, day(test.created_at), count(test.candidates, "candidate"),
    `${test.completed} of ${count(test.cells, "case")}`].filter(Boolean).join(" · ")}</span></a>
      <span class="tag" data-status=${state.kind}>${state.word}</span></li>`;
  })}</ul>`;
}
