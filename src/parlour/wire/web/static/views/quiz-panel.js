// Questions as a list: those without a video, and after a video or for staff all of them with their answers.
import { html } from "../html.js";
import { progressOf } from "../quiz.js";
import { Question } from "./question.js";

export function QuizPanel({ title, questions, answers, onAnswer, readOnly }) {
  if (questions.length === 0) return null;
  const { count, answered, right } = progressOf(questions, answers);
  return html`
    <section class="quiz" aria-labelledby="quiz-title">
      <div class="row apart"><h2 id="quiz-title">${title}</h2>
        <p class="quiet small">${answered < count ? `${answered} of ${count} answered` : `${right} of ${count} right at the first try`}</p></div>
      ${questions.map((question) => html`
        <${Question} key=${question.id} question=${question} answers=${answers[question.id] ?? []} onAnswer=${onAnswer} readOnly=${readOnly} />`)}
    </section>`;
}
