// What a conversation with the assistant looks like after an event: a pure reducer (lab protocol 5.3 and 12).

// `snapshot`: of 5.3. `questions`: one's own of 6.6, open or not. `assigned`: those that others have asked one to answer.
export function fromSnapshot(snapshot, { questions = [], assigned = [] } = {}) {
  const turn = snapshot.turn;
  return {
    conversationId: snapshot.conversation_id,
    phase: snapshot.state,
    queued: snapshot.queued,
    turnId: turn?.turn_id ?? null,
    steps: (turn?.steps ?? []).filter((step) => step.kind !== "question"),
    draft: null,
    question: snapshot.question,
    settled: Object.fromEntries(questions.filter((each) => each.state !== "open").map((each) => [each.question_id, each])),
    assigned,
    messages: snapshot.messages,
    abilities: snapshot.abilities,
    room: snapshot.cursor,
  };
}

// Whether the event continues what is known; otherwise the snapshot must be read again.
export const follows = (state, payload) => payload.epoch === state.room.epoch;

export function apply(state, name, payload) {
  if (!follows(state, payload) || payload.seq <= state.room.seq) return state;
  return applied({ ...state, room: { epoch: payload.epoch, seq: payload.seq } }, name, payload);
}

function applied(state, name, payload) {
  switch (name) {
    case "message_added":
    case "message_updated": return withMessage(state, payload);
    case "reply_read": return { ...state, messages: state.messages.map((message) => (message.message_id === payload.message_id ? { ...message, read: true } : message)) };
    case "turn_started": return { ...state, turnId: payload.turn_id, steps: [], draft: null };
    case "turn_finished": return payload.turn_id === state.turnId ? { ...state, turnId: null, steps: [], draft: null } : state;
    case "step_started": return { ...state, turnId: payload.turn_id, steps: [...state.steps, stepOf(payload)] };
    case "step_finished": return { ...state, steps: finished(state.steps, payload) };
    case "text_delta": return { ...state, draft: grown(state.draft, payload) };
    case "question_asked":
    case "question_assigned": return withQuestion(state, payload);
    case "question_answered":
    case "question_expired":
    case "question_cancelled": return closed(state, payload);
    case "history_cleared": return {
      ...state, conversationId: payload.conversation_id, messages: [], steps: [], draft: null, turnId: null, question: null, settled: {},
    };
    case "state_changed": return { ...state, phase: payload.state, queued: payload.queued };
    default: return state;
  }
}

function withMessage(state, { room, epoch, seq, at, also, ...message }) {
  const known = state.messages.some((other) => other.message_id === message.message_id);
  const messages = known
    ? state.messages.map((other) => (other.message_id === message.message_id ? message : other))
    : [...state.messages, message].sort((left, right) => left.order - right.order);
  return { ...state, messages, draft: state.draft?.messageId === message.message_id ? null : state.draft };
}

const stepOf = ({ turn_id, n, kind, title, tool, outcome }) => ({ turn_id, n, kind, title, tool, outcome });

function finished(steps, payload) {
  const at = steps.findLastIndex((step) => step.n === payload.n && step.kind === payload.kind && step.tool === payload.tool);
  return at < 0 ? [...steps, stepOf(payload)] : steps.map((step, index) => (index === at ? stepOf(payload) : step));
}

// Keeps the first `from` characters. They are counted as the server does, so that a pictograph is one.
export function grown(draft, { turn_id, message_id, from, text }) {
  const kept = draft?.messageId === message_id ? draft : { text: "", length: 0 };
  const head = from >= kept.length ? kept.text : [...kept.text].slice(0, from).join("");
  return { turnId: turn_id, messageId: message_id, text: head + text, length: Math.min(from, kept.length) + [...text].length };
}

// One's own question stands in one's own conversation; any other one is here because it was given to one.
const isOwn = (state, question) =>
  state.question?.question_id === question.question_id || state.messages.some((message) => message.question_id === question.question_id);

function withQuestion(state, { room, epoch, seq, at, also, ...question }) {
  if (isOwn(state, question)) return { ...state, question };
  const others = state.assigned.filter((other) => other.question_id !== question.question_id);
  return { ...state, assigned: question.assigned_to ? [question, ...others] : others };
}

function closed(state, payload) {
  const assigned = state.assigned.filter((other) => other.question_id !== payload.question_id);
  const own = state.question?.question_id === payload.question_id;
  if (!own && !isOwn(state, payload)) return { ...state, assigned };
  const question = { ...(own ? state.question : state.settled[payload.question_id]), ...settledOf(payload) };
  return { ...state, assigned, question: own ? null : state.question, settled: { ...state.settled, [payload.question_id]: question } };
}

const settledOf = ({ question_id, turn_id, state, answered_by, answer }) => ({ question_id, turn_id, state, answered_by, answer });

// What the server said to an answer of one's own, which may come before the event.
export const answered = (state, payload) => closed(state, { ...payload, answered_by: payload.answered_by ?? null });

export const unreadFinal = (state) => state.messages.findLast((message) => message.kind === "final" && !message.read) ?? null;
