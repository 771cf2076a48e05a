// What the models of an attempt came to (the read model of /usage), in words. Pure.

const TASKS = { reply: "Answers", hints: "Hints", grade: "Grading", summary: "Summaries", draft: "Preparing scenarios" };

export const taskInWords = (task) => TASKS[task] ?? task;

export function sumOf(totals) {
  const sum = { requests: 0, tokens: 0, seconds: 0, estimated: 0, unpriced: 0, costs: [] };
  const byCurrency = {};
  for (const total of totals) {
    sum.requests += total.requests;
    sum.tokens += total.input_tokens + total.output_tokens;
    sum.seconds += total.seconds;
    sum.estimated += total.estimated;
    sum.unpriced += total.unpriced;
    for (const { currency, cost } of total.costs) byCurrency[currency] = (byCurrency[currency] ?? 0) + cost;
  }
  return { ...sum, costs: Object.entries(byCurrency).map(([currency, cost]) => ({ currency, cost })) };
}

// Small amounts keep two figures, so that a tenth of a cent is not nothing.
export function priceText(costs, locale = undefined) {
  if (costs.length === 0) return "–";
  return costs.map(({ currency, cost }) => new Intl.NumberFormat(locale, {
    style: "currency", currency, ...(cost > 0 && cost < 0.1 ? { maximumSignificantDigits: 2 } : {}),
  }).format(cost)).join(" + ");
}
