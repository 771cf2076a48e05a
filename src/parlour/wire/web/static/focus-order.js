// Where the focus goes when its place is gone. Pure.

// The next stop that is still there, or else the one before. `order`: the stops as they were, `lost` among them.
export function stopAfter(order, lost, serves) {
  const at = order.indexOf(lost);
  return [lost, ...order.slice(at + 1), ...order.slice(0, Math.max(at, 0)).reverse()].find(serves) ?? null;
}
