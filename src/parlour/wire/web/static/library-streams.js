// What a model is writing into a draft, event by event (specification 6.10, 9.6). Pure.

export const IDLE = { runId: null, percentage: null, parts: [], failed: [], ended: null, message: "", why: "" };

export const begun = (runId) => ({ ...IDLE, runId, percentage: 0 });

const NAME = /^(.+)_generation_(started|progress|complete|error)$/;
const NOT_FIELDS = new Set(["artifact_type", "resource_type", "entry_type", "group_id", "run_id", "tool_call_id", "tool_name", "arguments_delta", "resource_id", "entry_id",
  "id", "generated", "success", "message", "error_stage", "_meta"]);

export const fieldsIn = (payload) => Object.fromEntries(Object.entries(payload).filter(([name, value]) => !NOT_FIELDS.has(name) && value != null));

// Events of other runs leave it as it is.
export function heard(state, name, payload) {
  if (!state.runId || payload?.run_id !== state.runId) return state;
  if (name === "generation_progress") return { ...state, percentage: Math.max(state.percentage ?? 0, payload.percentage ?? 0) };
  if (name === "generation_complete") return { ...state, percentage: 100, ended: "done", parts: [] };
  if (name === "generation_error") return { ...state, ended: "failed", parts: [], failed: payload.resource_types ?? state.failed, message: payload.message ?? "" };
  const [, kind, stage] = NAME.exec(name) ?? [];
  if (!kind || kind === "generation") return state;
  const id = payload.tool_call_id;
  const others = state.parts.filter((part) => part.id !== id);
  const told = fieldsIn(payload);
  if (stage === "error") return { ...state, parts: others, failed: state.failed.includes(kind) ? state.failed : [...state.failed, kind], why: payload.message ?? state.why };
  if (stage === "complete") return { ...state, parts: others };
  const before = state.parts.find((part) => part.id === id);
  const part = { id, type: kind, fields: { ...before?.fields, ...told } };
  return { ...state, parts: before ? state.parts.map((each) => (each.id === id ? part : each)) : [...state.parts, part] };
}

// A value is in the draft now: time to read it.
export const wantsRead = (name) => /_generation_complete$/.test(name) || name === "generation_complete" || name === "generation_error";

// The words of a part so far, longest first.
export const wordsOf = (part) => Object.values(part.fields).filter((value) => typeof value === "string").sort((a, b) => b.length - a.length)[0] ?? "";
