"""Quiz questions as a client sees them (Glow 6.5 and 7.13)."""

import json
from typing import Any

import pytest

from tests.harness.socket import Client
from tests.wire.house import UNKNOWN, House, fence
from tests.wire.http_client import Http
from tests.wire.test_attempts import begin

READ_MODELS = ("/api/v1/home", "/api/v1/practice", "/api/v1/attempts")
STRANGE = "This question or one of the options does not belong to this chat."


async def detail_of(house: House, attempt: str, user_id: str = "learner") -> Any:
    """The attempt as somebody reads it."""
    async with Http(house.url, house.site.tokens[user_id]) as http:
        answer = await http.io.get(f"/api/v1/attempts/{attempt}")
        assert answer.status_code == 200, answer.text
        return answer.json()


class Quiz:
    """An attempt whose first chat has two questions; their options are `options` by question and letter."""

    def __init__(self, attempt: str, chat: str, detail: Any) -> None:
        self.attempt, self.chat = attempt, chat
        resources = detail["resources"]
        self.one, self.several = detail["entries"]["attempt_chat"][0]["question_ids"]
        self.options = {
            question: {
                option["option_text"]: option["option_id"] for option in resources["questions"][question]["options"]
            }
            for question in (self.one, self.several)
        }

    def answer(self, question: str, letters: str) -> dict[str, object]:
        """The payload that chooses options by their letters."""
        chosen = [self.options[question][letter] for letter in letters]
        return {"chat_id": self.chat, "question_id": question, "option_ids": chosen}


async def quizzed(client: Client, house: House) -> Quiz:
    """A fresh attempt of the quiz entry."""
    attempt, chat = await begin(client, house, "practice", "quiz")
    return Quiz(attempt, chat, await detail_of(house, attempt))


@pytest.mark.case(80)
async def test_an_answer_is_right_if_it_is_all_and_only_the_correct_options(house: House) -> None:
    async with house.client() as client:
        quiz = await quizzed(client, house)
        for question, letters, right in (
            (quiz.one, "B", True),
            (quiz.one, "A", False),
            (quiz.several, "AC", True),
            (quiz.several, "CA", True),
            (quiz.several, "A", False),
            (quiz.several, "ACD", False),
            (quiz.several, "BD", False),
            (quiz.several, "ABCD", False),
        ):
            ack = await client.ok("attempt_response_submit", quiz.answer(question, letters))
            assert (ack["success"], ack["message"], ack["is_correct"]) == (True, "Answer saved.", right), letters
            told = await client.wait_for("attempt_response_result", response_id=ack["response_id"])
            assert told["_meta"]["room"] == f"chat:{quiz.chat}"
            del told["_meta"]
            chat = (await detail_of(house, quiz.attempt))["entries"]["attempt_chat"][0]
            rows = [row for row in chat["responses"] if row["response_id"] == ack["response_id"]]
            assert told == {
                **{k: v for k, v in ack.items() if k != "ok"},
                "chat_id": quiz.chat,
                "question_id": question,
                "option_ids": [row["option_id"] for row in rows],
                "scored": rows[0]["scored"],
                "created_at": rows[0]["created_at"],
            }


@pytest.mark.case(80, 83)
async def test_the_same_over_http_and_each_answer_is_there_at_once(house: House) -> None:
    async with house.client() as client, Http(house.url, house.site.tokens["learner"]) as http:
        quiz = await quizzed(client, house)
        await http.connect()
        ack = await http.ok("attempt/response_submit", quiz.answer(quiz.one, "A"), sid=http.sid)
        assert ack["is_correct"] is False
        told, _ = await http.poll_until("attempt_response_result")  # the session has joined by answering
        assert told[-1].data["response_id"] == ack["response_id"]
        await client.wait_for("attempt_response_result", response_id=ack["response_id"])
        chat = (await detail_of(house, quiz.attempt))["entries"]["attempt_chat"][0]
        assert [row["response_id"] for row in chat["responses"]] == [ack["response_id"]]
        assert chat["quiz"] == {"questions": 2, "answered": 1, "scored_correct": 0}


@pytest.mark.case(81)
async def test_what_is_no_answer_is_refused_and_changes_nothing(house: House) -> None:
    async with house.client() as client:
        quiz, other = await quizzed(client, house), await quizzed(client, house)
        one, several = quiz.answer(quiz.one, "B"), quiz.answer(quiz.several, "AC")
        _, without = await begin(client, house, "practice", "quizless")
        _, strange = await begin(client, house, "practice", "single")
        for payload, text in (
            ({**one, "option_ids": []}, "Choose at least one option."),
            ({**several, "option_ids": []}, "Choose at least one option."),
            (quiz.answer(quiz.one, "AB"), "Choose exactly one option."),
            (quiz.answer(quiz.one, "BB"), "Choose exactly one option."),
            (quiz.answer(quiz.several, "AA"), STRANGE),
            ({**one, "option_ids": several["option_ids"]}, STRANGE),
            ({**several, "option_ids": [*quiz.answer(quiz.several, "A")["option_ids"], *one["option_ids"]]}, STRANGE),  # type: ignore[misc]
            ({**one, "option_ids": [UNKNOWN]}, STRANGE),
            ({**one, "question_id": UNKNOWN}, STRANGE),
            ({**one, "chat_id": without}, STRANGE),
            ({**one, "chat_id": strange}, STRANGE),
        ):
            problem = await client.refused("attempt_response_submit", payload)
            assert (problem["code"], problem["status"], problem["detail"]) == ("invalid_answer", 422, text), payload
            await client.wait_for("attempt_error", type="quiz", chat_id=payload["chat_id"], message=text)
        for payload in ({**one, "option_ids": ["x"]}, {**one, "option_ids": "B"}, {**one, "question_id": None}):
            assert (await client.refused("attempt_response_submit", payload))["code"] == "invalid_request"
        await fence(client)
        assert "attempt_response_result" not in client.names
        for attempt in (quiz.attempt, other.attempt):
            assert (await detail_of(house, attempt))["entries"]["attempt_chat"][0]["responses"] == []


@pytest.mark.case(81)
async def test_a_closed_chat_takes_no_answer_and_only_the_owner_gives_one(house: House) -> None:
    async with house.client() as client, house.client("instructor") as staff, house.client("fellow") as fellow:
        quiz = await quizzed(client, house)
        payload = quiz.answer(quiz.one, "B")
        refused = await staff.refused("attempt_response_submit", payload)
        assert (refused["code"], refused["status"]) == ("forbidden", 403)
        foreign = await fellow.refused("attempt_response_submit", payload)
        missing = await fellow.refused("attempt_response_submit", {**payload, "chat_id": UNKNOWN})
        assert (
            (foreign["code"], foreign["detail"])
            == (missing["code"], missing["detail"])
            == ("not_found", "Chat not found.")
        )
        await client.ok("attempt_end", {"attempt_id": quiz.attempt, "chat_id": quiz.chat})
        closed = await client.refused("attempt_response_submit", {**payload, "option_ids": []})
        assert (closed["code"], closed["detail"]) == ("chat_completed", "This chat has already been completed.")


@pytest.mark.case(82)
async def test_the_answer_key_is_nowhere_before_the_answer_and_there_after_it(house: House) -> None:
    async with house.client() as client, Http(house.url, house.site.tokens["learner"]) as http:
        await http.connect()
        acks: list[object] = []
        quiz = await quizzed(client, house)
        said = await client.say(quiz.attempt, quiz.chat, "What would you choose?")
        acks += [said, await http.ok("attempt/join", {"chat_id": quiz.chat}, sid=http.sid)]
        acks.append(await client.call("attempt_response_submit", {**quiz.answer(quiz.one, "B"), "option_ids": []}))
        pages = [(await http.io.get(path)).text for path in READ_MODELS]
        for path in ("", "/export?format=jsonl", "/export?format=markdown"):
            answer = await http.io.get(f"/api/v1/attempts/{quiz.attempt}{path}")
            assert answer.status_code == 200, path
            pages.append(answer.text)
        await fence(client)
        polled = await http.poll(wait=0)
        received = json.dumps([client.heard, acks, polled, pages]).replace("\\", "").replace(": ", ":")
        assert received.count('"is_correct":null') >= 7
        assert '"is_correct":true' not in received
        assert '"is_correct":false' not in received
        await client.ok("attempt_response_submit", quiz.answer(quiz.one, "C"))
        keys = await keys_of(house, quiz)
        assert keys == {quiz.one: {"A": False, "B": True, "C": False}, quiz.several: dict.fromkeys("ABCD")}
        await client.ok("attempt_response_submit", quiz.answer(quiz.several, "D"))
        assert (await keys_of(house, quiz))[quiz.several] == {"A": True, "B": False, "C": True, "D": False}


@pytest.mark.case(82)
async def test_staff_see_the_answer_key_before_the_owner_does(house: House) -> None:
    async with house.client() as client:
        quiz = await quizzed(client, house)
        assert (await keys_of(house, quiz, "instructor"))[quiz.one] == {"A": False, "B": True, "C": False}
        assert (await keys_of(house, quiz))[quiz.one] == dict.fromkeys("ABC")


async def keys_of(house: House, quiz: Quiz, user_id: str = "learner") -> dict[str, dict[str, bool | None]]:
    """`is_correct` by question and letter, which is the same in both places of the detail."""
    resources = (await detail_of(house, quiz.attempt, user_id))["resources"]
    for option in (each for question in resources["questions"].values() for each in question["options"]):
        assert resources["options"][option["option_id"]] == option
    return {
        key: {option["option_text"]: option["is_correct"] for option in question["options"]}
        for key, question in resources["questions"].items()
    }


@pytest.mark.case(83)
async def test_the_first_answer_is_scored_and_the_latest_is_displayed(house: House) -> None:
    async with house.client() as client:
        quiz = await quizzed(client, house)
        answers = [quiz.answer(quiz.one, "A"), quiz.answer(quiz.one, "B"), quiz.answer(quiz.several, "AC")]
        acks = [await client.ok("attempt_response_submit", answer) for answer in answers]
        chat = (await detail_of(house, quiz.attempt))["entries"]["attempt_chat"][0]
        rows = [(row["response_id"], row["option_id"], row["scored"], row["is_correct"]) for row in chat["responses"]]
        first, second, third = (ack["response_id"] for ack in acks)
        assert rows == [
            (first, quiz.options[quiz.one]["A"], True, False),
            (second, quiz.options[quiz.one]["B"], False, True),
            (third, quiz.options[quiz.several]["A"], True, True),
            (third, quiz.options[quiz.several]["C"], True, True),
        ]
        assert all(row["completed"] and row["created_at"].endswith("Z") for row in chat["responses"])
        assert chat["quiz"] == {"questions": 2, "answered": 2, "scored_correct": 1}


@pytest.mark.case(83)
async def test_a_repeated_request_is_one_answer(house: House) -> None:
    async with house.client() as client:
        quiz = await quizzed(client, house)
        payload = {**quiz.answer(quiz.one, "A"), "client_request_id": "quiz-once"}
        acks = [await client.ok("attempt_response_submit", payload) for _ in range(2)]
        assert acks[0] == acks[1]
        chat = (await detail_of(house, quiz.attempt))["entries"]["attempt_chat"][0]
        assert len(chat["responses"]) == 1
