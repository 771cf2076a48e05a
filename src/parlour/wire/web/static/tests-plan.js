// What a person asks of a test, as the server wants it (POST tests, and its estimate). Pure.

export const NEW_CANDIDATE = { title: "", model: "", prompt: "", instructions: "", temperature: "" };

export function formFrom(benchmark) {
  return {
    chosen: benchmark.candidates.filter((each) => !each.use_custom).map((each) => each.id), added: [], name: "", repeats: String(benchmark.repeats),
    mode: benchmark.replay_mode, judges: benchmark.judges.join(", "), prefer: benchmark.prefer, recorded: false,
    baseline: benchmark.candidates.find((each) => each.id === benchmark.baseline)?.title ?? "",
    worthwhile: String(Math.round(benchmark.smallest_worthwhile * 100)), cost: "", currency: "EUR", tokens: "", minutes: "", failures: "",
    seed: "1", parallel: "2", looks: "0",
  };
}

const number = (text) => (String(text).trim() === "" ? null : Number(text));
const filled = (members) => Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null && value !== ""));

// What is wrong with the form, in a sentence; null if nothing is.
export function faultOf(form) {
  if (form.chosen.length + form.added.length === 0) return "Choose at least one candidate.";
  if (form.added.some((each) => !each.title.trim() || !each.model.trim())) return "An added candidate needs a title and a model.";
  const titles = titlesOf(form);
  if (new Set(titles).size < titles.length) return "Two candidates have the same title.";
  return null;
}

const titlesOf = (form) => form.added.map((each) => each.title.trim());

export function wantedOf(form) {
  const added = form.added.map((each) => filled({
    title: each.title.trim(), model: each.model.trim(), prompt: each.prompt.trim(), instructions: each.instructions.trim(), temperature: number(each.temperature),
  }));
  const cost = number(form.cost);
  const minutes = number(form.minutes);
  const plan = filled({
    parallel: number(form.parallel), seed: number(form.seed), looks: number(form.looks), recorded: form.recorded,
    cost_max: cost, currency: cost === null ? null : form.currency.trim(), tokens_max: number(form.tokens),
    seconds_max: minutes === null ? null : Math.round(minutes * 60), failures_max: number(form.failures),
  });
  return {
    ...filled({
      name: form.name.trim(), repeats: number(form.repeats), replay_mode: form.mode, baseline: form.baseline,
      smallest_worthwhile: form.worthwhile.trim() === "" ? null : Number(form.worthwhile) / 100,
    }),
    candidates: [...form.chosen.map((id) => ({ id })), ...added],
    judges: form.judges.split(",").map((each) => each.trim()).filter(Boolean), prefer: form.prefer, plan,
  };
}

// The limits of a test that goes on; a field left empty keeps the limit that is.
export function boundsOf({ cost, currency, tokens, minutes, failures }) {
  const asked = number(minutes);
  return filled({
    cost_max: number(cost), currency: number(cost) === null ? null : currency.trim(), tokens_max: number(tokens),
    seconds_max: asked === null ? null : Math.round(asked * 60), failures_max: number(failures),
  });
}
