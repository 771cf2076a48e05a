// What a chat shows besides words: its video with questions, and questions of their own.
import { html } from "../html.js";
import { untimed } from "../quiz.js";
import { QuizPanel } from "./quiz-panel.js";
import { Watch } from "./watch.js";

export function Material({ api, state, chat, call }) {
  const open = !chat.completed && state.own;
  const onAnswer = (question, optionIds) => call("attempt_response_submit", { chat_id: chat.id, question_id: question.id, option_ids: optionIds });
  const [first, ...others] = chat.videos;
  const beside = first && open ? untimed(chat.questions) : chat.questions;
  return html`
    ${first && html`<${Watch} key=${first.id} api=${api} video=${first} questions=${chat.questions} answers=${chat.answers} onAnswer=${onAnswer} readOnly=${!open} />`}
    ${others.map((video) => html`<${Watch} key=${video.id} api=${api} video=${video} questions=${[]} answers=${{}} readOnly=${true} />`)}
    <${QuizPanel} title="Questions" questions=${beside} answers=${chat.answers} onAnswer=${onAnswer} readOnly=${!open} />`;
}
