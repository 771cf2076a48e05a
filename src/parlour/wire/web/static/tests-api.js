// Reading and steering tests of models (Glow 10.4, 10.5; parlour routes of results).
import { query, request, savedAs, send } from "./api.js";

export function testsApi(token) {
  const get = (path) => request(path, { token });
  const change = (method, path, body) => request(path, { method, token, body });
  const benchmark = (id, rest = "") => `benchmarks/${encodeURIComponent(id)}${rest}`;
  const test = (id, rest = "") => `tests/${encodeURIComponent(id)}${rest}`;
  return {
    benchmarks: () => get("benchmarks"),
    benchmark: (id) => get(benchmark(id)),
    recording: (id) => get(`recordings/${encodeURIComponent(id)}`),
    addRecording: (id, body) => change("POST", benchmark(id, "/recordings"), body),
    removeRecording: (id, recordingId, version) => change("DELETE", benchmark(id, `/recordings/${encodeURIComponent(recordingId)}?${query({ expected_version: version })}`)),
    estimate: (id, wanted) => change("POST", benchmark(id, "/estimate"), wanted),
    start: (wanted) => change("POST", "tests", wanted),
    tests: (wanted) => get(`tests?${query(wanted)}`),
    results: (id) => get(test(id, "/results")),
    cells: (id, wanted) => get(test(id, `/cells?${query(wanted)}`)),
    cell: (id, replayId) => get(test(id, `/cells/${encodeURIComponent(replayId)}`)),
    diff: (id, a, b) => get(test(id, `/diff?${query({ a, b })}`)),
    stop: (id) => change("POST", test(id, "/stop"), {}),
    resume: (id, bounds) => change("POST", test(id, "/resume"), bounds),
    mark: (id, given) => change("POST", test(id, "/marks"), given),
    exported: async (id, format) => savedAs(await send(test(id, `/export?${query({ format })}`), { token })),
  };
}
