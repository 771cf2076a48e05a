// Grading as it happens (specification 6.4.7): events of one chat -> its grade. Pure, and safe to repeat.
import { feedbackFrom, remarkFrom, replacementFrom } from "./attempt-detail.js";

const EMPTY = {
  id: null, state: "pending", score: null, passed: null, total: null, pass: null, summary: "",
  feedbacks: [], strengths: [], improvements: [], analyses: [], done: 0, expected: null, source: "model",
};

export function applyGrading(grade, name, payload) {
  const current = grade?.id && grade.id === payload.grade_id ? grade : { ...EMPTY, id: payload.grade_id ?? null };
  switch (name) {
    case "attempt_grading_progress": {
      const counted = { ...current, done: payload.completed_count ?? 0, expected: payload.total_count ?? null };
      return payload.entry ? { ...counted, feedbacks: put(counted.feedbacks, feedbackFrom(payload.entry)) } : counted;
    }
    case "attempt_content_progress":
      return payload.entry ? withContent(current, payload.resource_type, payload.entry) : current;
    case "attempt_graded":
      return {
        ...current, state: "done", score: payload.score, passed: payload.passed, total: payload.total_points ?? current.total,
        pass: payload.pass_points ?? current.pass, summary: payload.feedback ?? current.summary, source: payload.source ?? current.source,
      };
    default:
      return grade;
  }
}

// A grade of the list of all grades, with its items, as the same thing.
export function wholeGrade({ grade, feedbacks, remarks }) {
  const head = {
    ...EMPTY, id: grade.id, state: grade.state, score: grade.score, passed: grade.passed, total: grade.total_points,
    pass: grade.pass_points, summary: grade.description ?? "", source: grade.source, feedbacks: feedbacks.map(feedbackFrom),
  };
  return remarks.reduce((whole, remark) => withContent(whole, remark.resource_type, remark.entry), head);
}

// Each grade of the list, newest first, with the points it has more or less than the one of the same branch before it.
export function withChanges(items) {
  return items.map((item, at) => {
    const { grade } = item;
    const before = items.slice(at + 1).find((other) => other.grade.state === "done" && other.grade.branch_message_id === grade.branch_message_id);
    const change = grade.state === "done" && before ? grade.score - before.grade.score : null;
    return { ...item, before: before ?? null, change };
  });
}

function withContent(grade, type, entry) {
  switch (type) {
    case "strengths": return { ...grade, strengths: put(grade.strengths, remarkFrom(entry)) };
    case "improvements": return { ...grade, improvements: put(grade.improvements, remarkFrom(entry)) };
    case "analyses": return { ...grade, analyses: put(grade.analyses, { id: entry.id, content: entry.content }) };
    case "highlights": {
      const highlight = { id: entry.id, section: entry.section };
      return { ...grade, strengths: inside(grade.strengths, entry.strength_id, "highlights", highlight) };
    }
    case "replacements":
      return { ...grade, improvements: inside(grade.improvements, entry.improvement_id, "replacements", replacementFrom(entry)) };
    default: return grade;
  }
}

function put(list, row) {
  return list.some((other) => other.id === row.id) ? list.map((other) => (other.id === row.id ? row : other)) : [...list, row];
}

function inside(parents, id, field, row) {
  return parents.map((parent) => (parent.id === id ? { ...parent, [field]: put(parent[field], row) } : parent));
}

// A fresh snapshot may know less about a grade still being made than the events that were seen.
export function fuller(before, fresh) {
  if (!before) return fresh;
  if (!fresh) return before.state === "pending" ? before : null;
  const same = before.id === fresh.id && fresh.state === "pending";
  return same && before.feedbacks.length >= fresh.feedbacks.length ? before : fresh;
}
