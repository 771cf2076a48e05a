// Questions, answers and the times at which they stop a video. Run: node --test tests/browser/
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./page-modules.mjs";

const { answersFrom, barrierOf, progressOf, questionsFrom, resumeAt, stopBetween, untimed, videosFrom } = await load("quiz.js");

const question = (id, ...times) => ({ id, text: id, multiple: false, times, options: [] });
const given = (...ids) => Object.fromEntries(ids.map((id) => [id, [{ id: `r-${id}`, optionIds: ["o"], correct: true }]]));
const film = [question("A", 4), question("B", 9, 20), question("C")];

test("the first question without an answer bars the way", () => {
  assert.equal(barrierOf(film, {}).at, 4);
  assert.equal(barrierOf(film, given("A")).at, 9);
  assert.equal(barrierOf(film, given("B")).at, 4);
  assert.equal(barrierOf(film, given("A", "B")), null);
});

test("playing and seeking both stop at a question that is open", () => {
  assert.equal(stopBetween(film, {}, { from: 3.8, to: 4.1, playing: true }).question.id, "A");
  assert.equal(stopBetween(film, {}, { from: 0, to: 30, playing: false }).at, 4);
  assert.equal(stopBetween(film, {}, { from: 0, to: 3, playing: true }), null);
});

test("an answered question stops the video when it plays, not when one seeks past it", () => {
  const answers = given("A", "B");
  assert.equal(stopBetween(film, answers, { from: 8, to: 9.2, playing: true }).at, 9);
  assert.equal(stopBetween(film, answers, { from: 9, to: 9.2, playing: true }), null);
  assert.equal(stopBetween(film, answers, { from: 0, to: 30, playing: false }), null);
});

test("after a reload it goes on behind the last answered question, never behind an open one", () => {
  assert.equal(resumeAt(film, {}), 0);
  assert.equal(resumeAt(film, given("A")), 4);
  assert.equal(resumeAt(film, given("B")), 0);
  assert.equal(resumeAt(film, given("A", "B")), 20);
});

test("rows are one for each chosen option; the first answer counts, the latest is the last", () => {
  const row = (response, option, at, scored) => ({ question_id: "Q", option_id: option, response_id: response, is_correct: scored, scored, created_at: at });
  const answers = answersFrom([row("r2", "c", "t2", false), row("r1", "a", "t1", true), row("r1", "b", "t1", true)]);
  assert.deepEqual(answers.Q.map((answer) => [answer.id, answer.optionIds]), [["r1", ["a", "b"]], ["r2", ["c"]]]);
  assert.deepEqual(progressOf([question("Q"), question("R")], answers), { count: 2, answered: 1, right: 1 });
});

test("questions and videos come from the chat's own ids, times in order, the key unknown before the answer", () => {
  const resources = {
    questions: { Q: { question_id: "Q", question_text: "Why?", allow_multiple: true, times: [9, 3], options: [{ option_id: "a", option_text: "A", is_correct: null }] }, X: { question_id: "X" } },
    videos: { V: { video_id: "V", upload_id: "U", name: "Film", captions: [{ upload_id: "T", language: "en", label: "English" }] }, W: { video_id: "W", upload_id: null } },
  };
  const [asked] = questionsFrom({ question_ids: ["Q", "gone"] }, resources);
  assert.deepEqual([asked.times, asked.multiple, asked.options[0].correct], [[3, 9], true, null]);
  assert.deepEqual(videosFrom({ video_ids: ["V", "W"] }, resources).map((video) => [video.uploadId, video.captions[0].uploadId]), [["U", "T"]]);
  assert.deepEqual(untimed(film).map((one) => one.id), ["C"]);
});
