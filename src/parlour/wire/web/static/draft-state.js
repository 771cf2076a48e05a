// A draft as the person sees it: what the server has, and on top what was typed and is not saved yet. Pure.
// `held`: { draft, typed, clashes }. `typed`: { "type|value id": { field: { value, from } } }; of a type with one value the id is "".
// `from` is what stood there when the typing began, so that a change by somebody else is noticed.

export const held = (draft, typed = {}) => ({ draft, typed, clashes: [] });

export const keyOf = (type, valueId) => `${type}|${valueId ?? ""}`;

const split = (key) => {
  const at = key.indexOf("|");
  return { type: key.slice(0, at), valueId: key.slice(at + 1) || null };
};

export function savedValue(draft, type, valueId) {
  const values = draft.values[type] ?? [];
  return valueId ? values.find((each) => each.id === valueId) ?? null : values[0] ?? null;
}

// One keystroke. `single`: the type has one value at most.
export function type(state, { type: name, valueId, single }, field, value) {
  const key = keyOf(name, single ? null : valueId);
  const saved = savedValue(state.draft, name, single ? null : valueId)?.fields[field];
  const before = state.typed[key]?.[field];
  const fields = { ...state.typed[key], [field]: { value, from: before ? before.from : saved } };
  if (same(value, saved) && !before?.sent) delete fields[field];
  return { ...state, typed: without(state.typed, key, fields) };
}

function without(typed, key, fields) {
  const { [key]: _gone, ...rest } = typed;
  return Object.keys(fields).length > 0 ? { ...rest, [key]: fields } : rest;
}

export const isDirty = (state) => Object.keys(state.typed).length > 0;

// What the page shows: the draft's values with what was typed.
export function shown(state) {
  const values = { ...state.draft.values };
  for (const [key, fields] of Object.entries(state.typed)) {
    const { type: name, valueId } = split(key);
    const given = Object.fromEntries(Object.entries(fields).map(([field, each]) => [field, each.value]));
    const list = values[name] ?? [];
    if (valueId === null && list.length === 0) values[name] = [fresh(given)];
    else values[name] = list.map((each, at) => ((valueId ? each.id === valueId : at === 0) ? { ...each, fields: { ...each.fields, ...given } } : each));
  }
  return values;
}

const fresh = (fields) => ({
  id: "", fields, linked: false, name: null, by: {}, state: "accepted", made_by: null, spans: [], unsupported: false, run_id: null, changed: 0,
});

// What was typed, as the server takes it. What belongs to a value that somebody removed is added anew, so that it is not lost.
export function opsOf(state) {
  return Object.entries(state.typed).map(([key, fields]) => {
    const { type: name, valueId } = split(key);
    const given = Object.fromEntries(Object.entries(fields).map(([field, each]) => [field, each.value]));
    const saved = savedValue(state.draft, name, valueId);
    if (saved) return { op: "set", type: name, value_id: saved.id, fields: given };
    return { op: valueId ? "add" : "put", type: name, fields: given };
  });
}

// Everything that is typed now is on its way; what is typed later is told apart by `sent`.
export function sending(state) {
  return { ...state, typed: mapFields(state.typed, (each) => ({ ...each, sent: each.value })) };
}

// The server has taken what was sent. What was typed meanwhile stays.
export function saved(state, draft) {
  const typed = {};
  for (const [key, fields] of Object.entries(state.typed)) {
    const left = Object.entries(fields).filter(([, each]) => !("sent" in each) || !same(each.sent, each.value))
      .map(([field, each]) => [field, { value: each.value, from: "sent" in each ? each.sent : each.from }]);
    if (left.length > 0) typed[key] = Object.fromEntries(left);
  }
  return { ...state, draft, typed };
}

export const notSent = (state) => ({ ...state, typed: mapFields(state.typed, ({ sent: _sent, ...each }) => each) });

// The draft has moved on without us. What was typed stays on top; where somebody wrote into the same field, both are told.
export function moved(state, draft) {
  const clashes = [...state.clashes];
  const typed = mapFields(state.typed, ({ sent: _sent, ...each }, key, field) => {
    const { type: name, valueId } = split(key);
    const theirs = savedValue(draft, name, valueId)?.fields[field];
    if (theirs === undefined || same(theirs, each.from) || same(theirs, each.value)) return each;
    const known = clashes.findIndex((clash) => clash.key === key && clash.field === field);
    if (known >= 0) clashes.splice(known, 1);
    clashes.push({ key, type: name, valueId, field, theirs, mine: each.value });
    return { ...each, from: theirs };
  });
  return { ...state, draft, typed, clashes };
}

// Fields of the published version that differ from the draft's own, told as if somebody had just written them. What one side took out
// altogether has no field to be told at.
export function clashing(state, conflicts) {
  const told = conflicts.filter(hasField).map(({ type: name, value_id: id, field, mine, theirs }) => ({ key: keyOf(name, id), type: name, valueId: id, field, theirs, mine }));
  return { ...state, clashes: [...state.clashes, ...told] };
}

const hasField = (conflict) => conflict.field !== null && conflict.theirs != null;

// Those of them about which nobody has decided yet.
export const undecided = (state, conflicts) => conflicts.filter((each) => !hasField(each)
  || state.clashes.some((clash) => clash.type === each.type && clash.valueId === each.value_id && clash.field === each.field));

export const settled = (state, clash) => ({ ...state, clashes: state.clashes.filter((each) => each !== clash) });

function mapFields(typed, change) {
  return Object.fromEntries(Object.entries(typed).map(([key, fields]) => (
    [key, Object.fromEntries(Object.entries(fields).map(([field, each]) => [field, change(each, key, field)]))])));
}

export function same(left, right) {
  return left === right || JSON.stringify(left) === JSON.stringify(right);
}
