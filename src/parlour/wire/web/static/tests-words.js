// Numbers and states of tests, in words for people. Pure.

export const share = (value) => (value == null ? "–" : `${Math.round(value * 100)}%`);
export const shares = (interval) => (interval ? `${share(interval.low)} to ${share(interval.high)}` : "–");
export const signed = (value) => (value == null ? "–" : `${Math.round(value * 100) > 0 ? "+" : ""}${Math.round(value * 100)}`.replace("-", "−"));
export const signedRange = (interval) => (interval ? `${signed(interval.low)} to ${signed(interval.high)}` : "–");
export const count = (many, one, more = `${one}s`) => `${many.toLocaleString("en")} ${many === 1 ? one : more}`;

export function chance(p) {
  if (p == null) return "";
  if (p < 0.001) return "p < 0.001";
  return `p = ${p.toFixed(p < 0.1 ? 3 : 2)}`;
}

export function money(costs) {
  const said = (costs ?? []).map(({ amount, currency }) => `${amount.toFixed(amount < 1 ? 4 : 2)} ${currency}`);
  return said.length > 0 ? said.join(" + ") : "no cost known";
}

export function moneyRange(costs) {
  return costs.map(({ low, high, currency }) => `${low.toFixed(2)} to ${high.toFixed(2)} ${currency}`).join(" + ");
}

export function seconds(value) {
  if (value == null) return "–";
  if (value < 1) return "less than a second";
  if (value < 90) return count(Math.round(value), "second");
  return value < 5_400 ? count(Math.round(value / 60), "minute") : `${(value / 3_600).toFixed(1)} hours`;
}

export const milliseconds = (value) => (value == null ? "–" : value < 1_000 ? `${Math.round(value)} ms` : `${(value / 1_000).toFixed(1)} s`);

// Each verdict has a sign of its own, so that nobody needs to see its colour.
export const VERDICTS = {
  "better": { sign: "▲", words: "Better" }, "worse": { sign: "▼", words: "Worse" },
  "no evidence": { sign: "?", words: "No evidence" }, "too small": { sign: "…", words: "Too few cases to tell" },
};

export const MODES = { auto_regressive: "Every answer in turn", last_turn: "Only the last answer", live: "With a simulated person" };

const HALTED = {
  stopped: "It was stopped.", cost: "Its limit of cost is reached.", tokens: "Its limit of tokens is reached.",
  time: "Its limit of time is reached.", failures: "Too many replays failed.", decided: "The question was decided early.",
  requests: "The requests of the day are used up.", custom: "What is left is started by hand.",
};

export function stateOf({ state, halted }) {
  if (halted) return { word: halted === "decided" ? "Decided early" : "Halted", sentence: HALTED[halted] ?? "It starts nothing more.", kind: "missed" };
  if (state === "completed") return { word: "Done", sentence: "Every case is replayed and graded.", kind: "passed" };
  return state === "running" ? { word: "Running", sentence: "", kind: "running" } : { word: "Not started", sentence: "", kind: "pending" };
}

export const CASE_STATES = { pending: "to do", queued: "waiting", running: "running", completed: "done", stopped: "stopped", failed: "failed" };

export const BLAMES = {
  candidate: "The candidate", person: "The simulated person", judge: "The judge", infrastructure: "The service",
};

// How good a mean is, for its colour; the number stands beside it.
export function band(mean) {
  if (mean == null) return "none";
  return mean >= 0.75 ? "high" : mean >= 0.5 ? "middle" : "low";
}

export function progressWords(progress) {
  const { cells, completed, graded, running, queued, failed, stopped, pending_grades: grades, pending_preferences: choices } = progress;
  const rest = [
    running > 0 && `${running} running`, queued > 0 && `${queued} waiting`, failed > 0 && `${failed} failed`, stopped > 0 && `${stopped} stopped`,
    grades > 0 && `${count(grades, "grade")} to come`, choices > 0 && `${count(choices, "comparison")} to come`,
  ].filter(Boolean);
  return `${completed} of ${count(cells, "case")} replayed, ${graded} graded${rest.length > 0 ? `; ${rest.join(", ")}` : ""}.`;
}

export function spentWords({ requests, input_tokens: read, output_tokens: written, seconds: time, costs, without_price: unpriced }) {
  const price = costs.length > 0 ? [money(costs)] : [];
  const open = unpriced.length > 0 ? [`no price known for ${unpriced.join(", ")}`] : [];
  return [count(requests, "request"), count(read + written, "token"), `${seconds(time)} of model time`, ...price, ...open].join(" · ");
}

const WHERE = { any: "Some answer", every: "Every answer", last: "The last answer" };

export function checkWords(check) {
  const where = WHERE[check.turns];
  const forbids = check.turns === "last" ? "The last answer" : "No answer";
  const no = check.turns === "last" ? " does not" : "";
  const verb = (plain, bare) => (no ? `${no} ${bare}` : ` ${plain}`);
  const all = check.turns === "last" ? "The last answer" : "Every answer";
  const called = check.arguments && Object.keys(check.arguments).length > 0 ? ` with ${JSON.stringify(check.arguments)}` : "";
  switch (check.kind) {
    case "contains": return `${where} contains “${check.text}”.`;
    case "not_contains": return `${forbids}${verb("contains", "contain")} “${check.text}”.`;
    case "regex": return `${where} matches ${check.pattern}.`;
    case "not_regex": return `${forbids}${verb("matches", "match")} ${check.pattern}.`;
    case "json_schema": return `${where} is JSON of the agreed form.`;
    case "tool_called": return `${where} asks for the tool ${check.tool}${called}.`;
    case "tool_not_called": return `${forbids}${verb("asks", "ask")} for the tool ${check.tool}.`;
    case "ended": return `${all} comes to its end.`;
    case "length": return `${all} has ${lengthWords(check)} characters.`;
    case "latency": return `${all} takes at most ${milliseconds(check.milliseconds_max)}.`;
    default: return check.key;
  }
}

function lengthWords({ characters_min: min, characters_max: max }) {
  if (min != null && max != null) return `${min} to ${max}`;
  return max != null ? `at most ${max}` : `at least ${min ?? 0}`;
}
