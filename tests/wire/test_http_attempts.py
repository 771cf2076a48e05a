"""An attempt, its turns, its grading and its quiz over HTTP alone: the cases marked with an arrow."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.wire.house import House
from tests.wire.http_client import Heard, Http
from tests.wire.test_quiz import STRANGE, Quiz, detail_of

TEXT = "What have you tried so far? I can see that it was hard."
GRADING = {"attempt_grading_progress", "attempt_content_progress", "attempt_graded"}
Json = dict[str, Any]


class Reader:
    """A client with HTTP only: it acts for its session and polls what it hears."""

    def __init__(self, http: Http) -> None:
        self.http = http
        self.heard: list[Heard] = []
        self._after: str | None = None

    async def ok(self, path: str, payload: object, **options: Any) -> Any:
        """The answer of an operation that must succeed."""
        return await self.http.ok(f"attempt/{path}", payload, sid=self.http.sid, **options)

    async def refused(self, path: str, payload: object) -> tuple[int, str, str]:
        """Status, code and text of an operation that must be refused."""
        answer = await self.http.post(f"attempt/{path}", payload, sid=self.http.sid)
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert problem["status"] == answer.status_code
        return answer.status_code, problem["code"], problem["detail"]

    async def start(self, entries: dict[str, str], name: str, **more: object) -> tuple[Json, Json]:
        """Begin an attempt and join its first chat: the payloads that name the attempt, and it with the chat."""
        started = await self.ok("start", {f"{name.partition('-')[0]}_id": entries[name], **more})
        return await self.enter(started["attempt_id"], started["attempt_chat_id"])

    async def enter(self, attempt: str, chat: str) -> tuple[Json, Json]:
        """Join a chat."""
        await self.ok("join", {"chat_id": chat})
        return {"attempt_id": attempt}, {"attempt_id": attempt, "chat_id": chat}

    async def until(self, name: str, **members: object) -> Json:
        """The first event of that name with these members, polled for if need be."""
        while True:
            for event in self.heard:
                if event.name == name and all(event.data.get(key) == value for key, value in members.items()):
                    return event.data
            found = await self.http.poll(self._after)
            self.heard += [Heard(each["id"], each["event"], each["data"]) for each in found["events"]]
            self._after = found["next"]

    async def say(self, both: Json, text: str = TEXT) -> Json:
        """Say something and wait for the whole answer."""
        said = await self.ok("message", both | {"message": text})
        return await self.until("attempt_assistant_complete", message_id=said["assistant_message_id"])

    def names(self, **members: object) -> list[str]:
        """The names of what was heard with these members."""
        return [e.name for e in self.heard if all(e.data.get(key) == value for key, value in members.items())]


async def reading(house: House, user_id: str = "learner") -> AsyncIterator[Reader]:
    async with Http(house.url, house.site.token(user_id)) as http:
        await http.connect()
        yield Reader(http)
        await http.ok("disconnect", sid=http.sid)


@pytest.fixture
async def reader(house: House) -> AsyncIterator[Reader]:
    async for made in reading(house):
        yield made


@pytest.fixture
async def slowly(slow: House) -> AsyncIterator[Reader]:
    async for made in reading(slow):
        yield made


@pytest.mark.case(51, 66)
async def test_two_scenarios_lead_to_the_end_of_the_attempt(house: House, reader: Reader) -> None:
    attempt, first = await reader.start(house.site.homes, "home-pair")
    await reader.say(first)
    ended = await reader.ok("end", first)
    assert (ended["is_attempt_finished"], bool(ended["grade_id"])) == (False, True)
    opened = await reader.until("attempt_chat_started", position=1, **attempt)
    _, second = await reader.enter(attempt["attempt_id"], opened["chat_id"])
    await reader.say(second)
    last = await reader.ok("end", second)
    assert last["is_attempt_finished"] is True
    over = await reader.until("attempt_ended", **attempt)
    assert (over["success"], over["all_scenarios_complete"]) == (True, True)
    assert over["message"] == "All scenarios are complete."
    await reader.until("attempt_graded", grade_id=ended["grade_id"])
    await reader.until("attempt_graded", grade_id=last["grade_id"])
    for both, after in ((first, opened), (second, over)):
        told = [e for e in reader.heard if e.data.get("chat_id") == both["chat_id"] or e.data is after]
        end = next(number for number, event in enumerate(told) if event.name == "attempt_chat_ended")
        assert not GRADING & {event.name for event in told[:end]}
        assert after in [event.data for event in told[end:]]


@pytest.mark.case(55)
async def test_next_closes_the_open_chat_and_goes_on_until_the_attempt_is_over(house: House, reader: Reader) -> None:
    attempt, first = await reader.start(house.site.homes, "home-pair")
    await reader.say(first)
    moved = await reader.ok("next", attempt)
    assert (moved["is_attempt_finished"], moved["pending"]) == (False, False)
    closed = await reader.until("attempt_chat_ended", chat_id=first["chat_id"])
    assert (bool(closed["grade_id"]), closed["is_attempt_finished"]) == (True, False)
    await reader.until("attempt_chat_started", chat_id=moved["chat_id"])
    last = await reader.ok("next", attempt)
    assert last == {"ok": True, **attempt, "chat_id": None, "is_attempt_finished": True, "pending": False}
    closed = await reader.until("attempt_chat_ended", chat_id=moved["chat_id"])
    assert (closed["grade_id"], closed["is_attempt_finished"]) == (None, True)
    await reader.until("attempt_ended", **attempt)
    assert await reader.refused("next", attempt) == (409, "attempt_over", "This attempt has ended.")


@pytest.mark.case(56, 61)
async def test_a_turn_has_exactly_its_order(house: House, reader: Reader) -> None:
    _, both = await reader.start(house.site.practices, "practice-single")
    done = await reader.say(both)
    turn = [e for e in reader.heard if e.data["_meta"]["room"] == f"chat:{both['chat_id']}"]
    names = [event.name for event in turn]
    deltas = [event.data["content"] for event in turn if event.name == "attempt_progress"]
    assert names == [
        "attempt_user_complete",
        "attempt_assistant_start",
        *["attempt_progress"] * len(deltas),
        "attempt_hint_progress",
        "attempt_assistant_complete",
    ]
    assert "".join(deltas) == done["content"] != ""
    assert turn[0].data["item_id"] is None


@pytest.mark.case(64)
@pytest.mark.parametrize("who", ["learner", "instructor"])
async def test_a_reply_is_stopped_in_its_middle(slow: House, slowly: Reader, who: str) -> None:
    _, both = await slowly.start(slow.site.practices, "practice-single")
    chat = {"chat_id": both["chat_id"]}
    said = await slowly.ok("message", both | {"message": TEXT})
    await slowly.until("attempt_progress", message_id=said["assistant_message_id"])
    async with Http(slow.url, slow.site.tokens[who]) as stopper:
        stopped = await stopper.ok("attempt/stop", chat)
        assert stopped == {"ok": True, **chat, "success": True, "message": None}
        again = await stopper.ok("attempt/stop", chat)
        text = "Nothing is being generated in this chat."
        assert again == {"ok": True, **chat, "success": False, "message": text}
    await slowly.until("attempt_stopped", success=True, **chat)
    after = await slowly.say(both, "Go on, please.")
    names = slowly.names(message_id=said["assistant_message_id"])
    assert names[-2:] == ["attempt_assistant_complete", "attempt_stopped"]
    done = await slowly.until("attempt_assistant_complete", message_id=said["assistant_message_id"])
    deltas = [e.data for e in slowly.heard if e.name == "attempt_progress"]
    partial = "".join(e["content"] for e in deltas if e["message_id"] == said["assistant_message_id"])
    assert (done["status"], done["content"]) == ("stopped", partial)
    assert partial
    shown = (await detail_of(slow, both["attempt_id"]))["entries"]["attempt_message"]
    assert [m["status"] for m in shown] == ["complete", "stopped", "complete", "complete"]
    assert [m["parent_message_id"] for m in shown] == [None, *(m["id"] for m in shown[:-1])]
    assert shown[-1]["id"] == after["message_id"]


@pytest.mark.case(67)
@pytest.mark.parametrize("infinite", [False, True])
async def test_everything_is_ended_without_grading_and_without_stub_chats(
    house: House, reader: Reader, infinite: bool
) -> None:
    attempt, both = await reader.start(house.site.practices, "practice-pair", infinite_mode=infinite)
    await reader.say(both)
    ended = await reader.ok("end_all", attempt)
    told = {"success": True, "all_scenarios_complete": False, "message": "All chats ended."}
    assert ended == {"ok": True, **attempt, **told}
    closed = await reader.until("attempt_chat_ended", chat_id=both["chat_id"])
    assert (closed["grade_id"], closed["is_attempt_finished"]) == (None, True)
    over = await reader.until("attempt_ended", **attempt)
    assert {key: over[key] for key in told} == told
    assert await reader.refused("end_all", attempt) == (409, "attempt_over", "This attempt has ended.")
    shown = await detail_of(house, attempt["attempt_id"])
    assert [(chat["completed"], chat["grade"]) for chat in shown["entries"]["attempt_chat"]] == [(True, None)]
    assert (shown["is_active"], shown["expected_chat_count"]) == (False, 2)
    assert not GRADING & set(reader.names())


@pytest.mark.case(77)
async def test_the_chat_to_grade_is_found_or_the_reason_told(house: House, reader: Reader) -> None:
    attempt, first = await reader.start(house.site.practices, "practice-pair")
    nothing = (409, "nothing_to_grade", "There is no chat to grade.")
    assert await reader.refused("grade", attempt) == nothing
    assert await reader.refused("grade", first) == nothing
    await reader.say(first)
    await reader.ok("end", first | {"grade": False})
    opened = await reader.until("attempt_chat_started", position=1, **attempt)
    _, second = await reader.enter(attempt["attempt_id"], opened["chat_id"])
    await reader.say(second)
    found: list[str] = []
    grade_id = ""
    for _ in range(3):
        graded = await reader.ok("grade", attempt)
        grade_id = graded["grade_id"]
        found.append(graded["chat_id"])
        await reader.until("attempt_graded", grade_id=grade_id)
    assert found == [first["chat_id"], second["chat_id"], second["chat_id"]]
    _, without = await reader.start(house.site.homes, "home-ungraded")
    await reader.say(without)
    assert await reader.refused("grade", without) == (409, "no_rubric", "This chat has no rubric.")
    house.site.write(lambda tx: tx.run("UPDATE grades SET state = 'pending' WHERE id = :id", id=grade_id))
    assert await reader.refused("grade", second) == (409, "grading_running", "This chat is being graded.")


@pytest.mark.case(80, 81)
async def test_answers_are_right_or_wrong_or_none(house: House, reader: Reader) -> None:
    attempt, both = await reader.start(house.site.practices, "practice-quiz")
    quiz = Quiz(attempt["attempt_id"], both["chat_id"], await detail_of(house, attempt["attempt_id"]))
    for question, letters, right in (
        (quiz.one, "A", False),
        (quiz.one, "B", True),
        (quiz.several, "AC", True),
        (quiz.several, "A", False),
        (quiz.several, "ABC", False),
        (quiz.several, "BD", False),
    ):
        ack = await reader.ok("response_submit", quiz.answer(question, letters))
        saved = {"ok": True, "success": True, "message": "Answer saved.", "is_correct": right}
        assert ack == saved | {"response_id": ack["response_id"]}, letters
        told = await reader.until("attempt_response_result", response_id=ack["response_id"])
        assert (told["is_correct"], told["question_id"], told["chat_id"]) == (right, question, quiz.chat)
    for payload, text in (
        (quiz.answer(quiz.one, ""), "Choose at least one option."),
        (quiz.answer(quiz.one, "AB"), "Choose exactly one option."),
        (quiz.answer(quiz.one, "A") | {"question_id": quiz.several}, STRANGE),
    ):
        assert await reader.refused("response_submit", payload) == (422, "invalid_answer", text)
