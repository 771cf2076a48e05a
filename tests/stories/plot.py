"""The story of an assessment, step by step, with a place in every step where the server may be killed.

A new user takes an assessment of three scenarios (one of them a video with questions), reuses an
earlier chat, lets one expire, has a grade explained and exports the attempt.
"""

import asyncio
import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.harness.statements import statements
from tests.promises.test_stores_alike import ID
from tests.stories.players import Player
from tests.stories.stage import ENTRY, Stage
from tests.stories.test_practice import GOOD

EVERY = "every step"
SENT, ANSWERED = "sent", "answered"
FORMATS = ("jsonl", "csv", "markdown", "xapi")
EXPLAIN = ["Please explain what I could have asked Jun."]
# What two tellings may differ in: times, positions in rooms, what was used, and what is derived from them.
VOLATILE = {
    "at", "completed_at", "created_at", "attempt_created_at", "done_at", "ended_at", "epoch", "expires_at", "room",
    "seconds", "seq", "stored", "time_taken", "timer", "timestamp", "usage", "duration", "homePage",
}  # fmt: skip


@dataclass(frozen=True)
class Cut:
    """Kill the server in this step (or in every one): when its command was `sent`, `answered`, or at an event."""

    step: str
    moment: str


@dataclass
class Story:
    """A story under way: who plays it where, and what it did."""

    player: Player
    stage: Stage
    cuts: Sequence[Cut] = ()
    steps: list[str] = field(default_factory=list)
    repeated: int = 0

    async def act(self, step: str, command: str, **payload: object) -> Any:
        """One command, which must succeed; killed servers and a second sending change nothing about its answer."""
        self.steps.append(step)
        request = {**payload, "client_request_id": f"{step} {payload.get('attempt_id', '')}".strip()}
        begun = len(self.player.heard)
        if self.is_cut(step, SENT):
            await self.player.fire(command, request)
            await asyncio.sleep(0.002 * (len(self.steps) % 4))
            await self.restart()
        ack = await self.player.call(command, request)
        assert ack["ok"], (step, ack)
        if self.is_cut(step, ANSWERED):
            await self.restart()
            assert await self.player.call(command, request) == ack
            self.repeated += 1
        for cut in self.cuts:
            if cut.step == step and cut.moment not in (SENT, ANSWERED):
                await self.player.wait(cut.moment, since=begun)
                await self.restart()
        return ack

    def is_cut(self, step: str, moment: str) -> bool:
        """Whether the server is killed here."""
        return any(cut.step in (step, EVERY) and cut.moment == moment for cut in self.cuts)

    async def restart(self, at_ms: int | None = None) -> None:
        """Kill the server, start another one, and come back to it."""
        await self.stage.restart(at_ms)
        await self.player.back()

    async def read(self, path: str) -> Any:
        """A read model."""
        return json.loads(await self.player.read(path))

    async def detail(self, attempt_id: str) -> Any:
        """The read model of an attempt."""
        return await self.read(f"/api/v1/attempts/{attempt_id}")

    async def say(self, step: str, named: Mapping[str, str], text: str) -> None:
        """Say something, and wait for the whole answer."""
        ack = await self.act(step, "attempt_message", **named, message=text)
        reply = await self.player.wait("attempt_assistant_complete", message_id=ack["assistant_message_id"])
        assert reply["status"] == "complete"

    async def graded(self, grade_id: str) -> Any:
        """Wait for a grade."""
        return await self.player.wait("attempt_graded", grade_id=grade_id)

    async def opened(self, attempt_id: str, position: int) -> dict[str, str]:
        """Wait for a chat to open, and join it: what names it in commands."""
        event = await self.player.wait("attempt_chat_started", attempt_id=attempt_id, position=position)
        await self.player.join(event["chat_id"])
        return {"attempt_id": attempt_id, "chat_id": event["chat_id"]}


async def assessment(story: Story) -> dict[str, Any]:
    """The whole story: what is there at its end, without times and with ids in the order in which they came up."""
    homes = story.stage.site.homes
    earlier, jun = await an_earlier_assessment(story, homes["Tutor assessment"])
    started = await story.act("start", "attempt_start", home_id=homes[ENTRY])
    assert started["is_lobby"] is True
    attempt = started["attempt_id"]
    options = (await story.detail(attempt))["available_continuation_options"]["options"]
    [pair] = [each for option in options for each in option["scenarios"] if each["attempt_chat_id"] == jun["chat_id"]]
    chosen = {pair["chat_entry_id"]: jun["chat_id"]}
    used = await story.act("reuse", "attempt_use_previous", attempt_id=attempt, previous_chat_map=chosen)
    copy = used["chats"][0]
    assert (await story.graded(copy["grade_id"]))["source"] == "previous"
    await the_video(story, attempt)
    await the_chat_that_expires(story, attempt)
    explained = await story.act(
        "explain", "attempt_grade", attempt_id=attempt, chat_id=copy["chat_id"], user_instructions=EXPLAIN
    )
    assert (await story.graded(explained["grade_id"]))["source"] == "model"
    of_chat = f"/api/v1/chats/{copy['chat_id']}/grades"
    both = f"left={copy['grade_id']}&right={explained['grade_id']}"
    grades = [await story.read(of_chat), await story.read(f"{of_chat}/compare?{both}")]
    files = await export(story, attempt)
    normal = Normal()
    return {
        "earlier": normal.of(await story.detail(earlier)),
        "now": normal.of(await story.detail(attempt)),
        "grades": normal.of(grades),
        "files": normal.of(files),
    }


async def a_new_student(story: Story) -> dict[str, Any]:
    """A practice whose chat is written anew before it opens: what is there at its end."""
    practice = story.stage.site.practices["Practice: a new student every time"]
    started = await story.act("generate", "attempt_start", practice_id=practice)
    chat = await story.opened(started["attempt_id"], 0)
    await story.say("talk", chat, GOOD[0])
    ended = await story.act("end", "attempt_end", **chat)
    await story.graded(ended["grade_id"])
    assert len(story.player.all("generation_complete")) == 1
    found = await story.detail(started["attempt_id"])
    [opened] = found["entries"]["attempt_chat"]
    statement = found["resources"]["problem_statements"][opened["problem_statement_id"]]["problem_statement"]
    assert statement == story.player.all("problem_statements_generation_complete")[-1]["problem_statement"]
    messages = found["entries"]["attempt_message"]
    return {  # what is written anew is another text each time
        "resources": {kind: len(of_kind) for kind, of_kind in found["resources"].items()},
        "messages": [(each["type"], each["status"]) for each in messages],
        "grade": (opened["grade"]["state"], opened["grade"]["source"], opened["grades_count"]),
        "attempt": [found[name] for name in ("is_active", "is_lobby", "preparing", "expected_chat_count")],
    }


async def an_earlier_assessment(story: Story, home_id: str) -> tuple[str, dict[str, str]]:
    """An attempt of which one conversation was good: its id, and what names that conversation."""
    started = await story.act("begin", "attempt_start", home_id=home_id)
    attempt = started["attempt_id"]
    await story.opened(attempt, 0)
    await story.act("skip", "attempt_next", attempt_id=attempt)
    jun = await story.opened(attempt, 1)
    for number, text in enumerate(GOOD[:3], 1):
        await story.say(f"talk {number}", jun, text)
    ended = await story.act("end", "attempt_end", **jun)
    await story.graded(ended["grade_id"])
    await story.act("give up", "attempt_end_all", attempt_id=attempt)
    await story.player.wait("attempt_ended", attempt_id=attempt)
    return attempt, jun


async def the_video(story: Story, attempt: str) -> None:
    """Three questions at their times, one of them answered twice; then a conversation and its grade."""
    await story.act("open the video", "attempt_next", attempt_id=attempt)
    maya = await story.opened(attempt, 0)
    resources = (await story.detail(attempt))["resources"]
    questions = sorted(resources["questions"].values(), key=lambda each: each["times"])
    assert len(questions) == 3
    assert {option["is_correct"] for question in questions for option in question["options"]} == {None}
    choices = [[0], [1], [0, 2], [1]]
    asked = [questions[0], *questions]
    results: list[bool] = []
    for number, (question, chosen) in enumerate(zip(asked, choices, strict=True), 1):
        options = [question["options"][index]["option_id"] for index in chosen]
        answer = await story.act(
            f"answer {number}", "attempt_response_submit", chat_id=maya["chat_id"],
            question_id=question["question_id"], option_ids=options,
        )  # fmt: skip
        results.append(answer["is_correct"])
        await story.player.wait("attempt_response_result", response_id=answer["response_id"])
    assert results == [False, True, True, True]
    for number, text in enumerate(GOOD[:2], 1):
        await story.say(f"say {number}", maya, text)
    ended = await story.act("end the video", "attempt_end", **maya)
    await story.graded(ended["grade_id"])


async def the_chat_that_expires(story: Story, attempt: str) -> None:
    """One thing is said in the last conversation; then its time is up, and with it the attempt ends."""
    await story.act("open the last", "attempt_next", attempt_id=attempt)
    last = await story.opened(attempt, 2)
    await story.say("say 3", last, GOOD[0])
    story.steps.append("expire")
    [chat] = [
        each for each in (await story.detail(attempt))["entries"]["attempt_chat"] if each["id"] == last["chat_id"]
    ]
    over = milliseconds(chat["expires_at"]) + 500
    if story.is_cut("expire", SENT):
        await story.restart(over)
    else:
        story.stage.clock.go_to(over)
    ended = await story.player.wait("attempt_chat_ended", chat_id=last["chat_id"])
    assert ended["expired"] is True
    if story.is_cut("expire", ANSWERED):
        await story.restart()
    await story.graded(ended["grade_id"])
    await story.player.wait("attempt_ended", attempt_id=attempt)


async def export(story: Story, attempt: str) -> dict[str, Any]:
    """The attempt as every kind of file; a killed server gives the same bytes again."""
    story.steps.append("export")
    paths = {form: f"/api/v1/attempts/{attempt}/export?format={form}" for form in FORMATS}
    files = {form: await story.player.read(path) for form, path in paths.items()}
    if story.is_cut("export", ANSWERED):
        await story.restart()
        assert {form: await story.player.read(path) for form, path in paths.items()} == files
    return {
        "jsonl": [json.loads(line) for line in files["jsonl"].splitlines()],
        "xapi": statements(json.loads(files["xapi"])),
        "lines": {form: len(files[form].splitlines()) for form in ("csv", "markdown")},
    }


def milliseconds(time: str) -> int:
    """A time of the wire as the clock has it."""
    return int(datetime.datetime.fromisoformat(time).timestamp() * 1000)


class Normal:
    """Names every id by the order in which it was met, in keys too; drops what two tellings may differ in."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def of(self, value: object) -> Any:
        """The same without accidents."""
        match value:
            case str():
                return ID.sub(lambda found: self.names.setdefault(found[0], f"id{len(self.names)}"), value)
            case Mapping():
                return {self.of(key): self.of(each) for key, each in value.items() if key not in VOLATILE}
            case Sequence():
                return [self.of(each) for each in value]
            case _:
                return value
