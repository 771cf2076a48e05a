// A rubric as rows of criteria and their levels, and the sums that follow from them. Pure.

export const pointsOf = (value) => Number(value?.fields.points ?? 0);

// [{ group, levels }]: levels of a criterion from the fewest points to the most.
export function rowsOf(values) {
  const standards = values.standards ?? [];
  return (values.standard_groups ?? []).map((group) => ({
    group, levels: standards.filter((each) => each.fields.standard_group_id === group.id).sort((a, b) => pointsOf(a) - pointsOf(b)),
  }));
}

export const best = (levels) => levels.reduce((most, level) => Math.max(most, pointsOf(level)), 0);

export const totalOf = (values) => rowsOf(values).reduce((sum, { levels }) => sum + best(levels), 0);

// Points that have to follow from the levels: [{ place: { type, valueId, single }, field, value }].
export function sums(values) {
  const wanted = [];
  for (const { group, levels } of rowsOf(values)) {
    if (levels.length === 0) continue;
    const most = best(levels);
    const place = { type: "standard_groups", valueId: group.id, single: false };
    if (pointsOf(group) !== most) wanted.push({ place, field: "points", value: most });
    if (Number(group.fields.pass_points ?? 0) > most) wanted.push({ place, field: "pass_points", value: most });
  }
  const total = totalOf(values);
  if (Number(values.points?.[0]?.fields.value ?? 0) !== total) wanted.push({ place: { type: "points", valueId: null, single: true }, field: "value", value: total });
  return wanted;
}

// The levels that a new criterion begins with, as values to add.
export const FIRST_LEVELS = [["Not shown", 0], ["Partly shown", 1], ["Fully shown", 2]];

export const levelsFor = (groupId) => FIRST_LEVELS.map(([name, points]) => ({
  op: "add", type: "standards", fields: { name, description: "", points, standard_group_id: groupId },
}));
