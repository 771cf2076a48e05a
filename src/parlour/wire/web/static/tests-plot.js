// Where things stand on the axis of a plot. Pure.

const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5];

// The axis that holds all values: { low, high, ticks }, on round numbers, within `limits`.
export function axis(values, { least = 0.2, limits = [-1, 1], many = 6 } = {}) {
  const known = values.filter((value) => value != null && Number.isFinite(value));
  let low = Math.min(...known);
  let high = Math.max(...known);
  if (known.length === 0) [low, high] = [0, least];
  const lacking = Math.max(0, least - (high - low)) / 2;
  const step = STEPS.find((each) => (high - low + 2 * lacking) / each <= many) ?? 0.5;
  low = Math.max(limits[0], step * Math.floor((low - lacking) / step + 1e-9));
  high = Math.min(limits[1], step * Math.ceil((high + lacking) / step - 1e-9));
  if (high <= low) high = low + step;
  const ticks = Array.from({ length: Math.round((high - low) / step) + 1 }, (_, at) => round(low + at * step));
  return { low: round(low), high: round(high), ticks };
}

const round = (value) => Math.round(value * 1e6) / 1e6;

// From a value to a place in px between `left` and `right`, never beside them.
export function placer({ low, high }, left, right) {
  return (value) => left + ((right - left) * (Math.min(high, Math.max(low, value)) - low)) / (high - low);
}
