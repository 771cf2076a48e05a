"""A laboratory that is killed under load, stopped, and whose clock jumps (lab protocol 18.X1 to X4).

`PARLOUR_TEST_LAB_CYCLES` says how often the server of X1 is killed on SQLite; the daily run is short, and on a busy
machine it ends before.
"""

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from parlour.assistant.loop.work import RECOVERIES_MAX
from parlour.storage.tx import Tx
from tests.conftest import STORES, make_site
from tests.lab.flow_scripts import write_story
from tests.lab.flows import Flow
from tests.lab.persons import HURRIED, Person, kill_while
from tests.lab.scene import Scene, scene_on

CYCLES = {"sqlite": int(os.environ.get("PARLOUR_TEST_LAB_CYCLES", "12")), "postgresql": 8}
SECONDS = max(100, CYCLES["sqlite"] * 8 if CYCLES["sqlite"] > 30 else 0)
PEOPLE = 6
FILE_EVERY = 5
ASK_EVERY = 4
DAY_MS = 86_400_000
STOP_SECONDS_MAX = 45  # less than the long polls would take


@pytest.fixture(params=STORES)
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    """A server that can be killed, with the played turns."""
    site = make_site(request.param, tmp_path, request)
    with scene_on(site, lab__script=write_story(tmp_path)) as made:
        yield made
    site.close()


@pytest.fixture(params=STORES)
def hurried(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    """The same for servers that live for a moment."""
    site = make_site(request.param, tmp_path, request)
    with scene_on(site, lab__script=write_story(tmp_path), **HURRIED) as made:
        yield made
    site.close()


@dataclass
class Talker:
    """Somebody who talks without end. `said` are the acknowledged messages: their ids by what was said."""

    person: Person
    said: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    allowed: int = 0
    answered: dict[str, str] = field(default_factory=dict)

    async def talk(self, more: Any) -> None:
        """Say something, take what comes, answer what is asked; until there is no more to do, and all is answered."""
        number = 0
        while more():
            number += 1
            turn_id = await self.say(number)
            while (reply := await self.person.reply())["turn_id"] != turn_id or reply["inner_chat"]:
                if reply["inner_chat"]:
                    await self.answer(reply["question"], allow=number % 2 == 0)

    async def say(self, number: int) -> str:
        """A message, sometimes with a file, sometimes one that leads to questions; the id of its turn."""
        name = f"{self.person.member.user_id}-{number}"
        text = f"plain {name}"
        if number % ASK_EVERY == 0:
            text = f"create an experiment called {name} with the description Killed"
        if number % FILE_EVERY == 0:
            self.files[name] = os.urandom(2_000)
            form = {"text": text, "file_name": f"{name}.bin"}
            sent = await self.person.send("chat_with_file", name, data=form, files={"file": self.files[name]})
        else:
            sent = await self.person.send("chat_text", name, json={"text": text})
        assert sent.status_code == 200, sent.text
        assert sent.headers["x-message-effect"] == "started"
        self.said[text] = sent.headers["x-message-id"]
        return sent.headers["location"].rpartition("/")[2]

    async def answer(self, question: Any, *, allow: bool) -> None:
        """Yes to everything but what is refused."""
        words = "yes" if allow or question["kind"] != "authorize" else "no"
        asked = question["question_id"]
        sent = await self.person.send("inner_chat_text", asked, json={"text": words, "question_id": asked})
        assert sent.status_code == 200, (question, sent.text)
        assert sent.headers["x-message-effect"] == "answered"
        if asked not in self.answered and question["kind"] == "authorize":
            self.allowed += allow
        self.answered[asked] = words


def check(tx: Tx, talker: Talker) -> None:
    """What was acknowledged is there once; each turn ended in one final; each answer is the one that was given."""
    account = talker.person.member.account_id
    rows = tx.all("SELECT * FROM lab_messages WHERE account_id = :account ORDER BY ordinal", account=account)
    assert [row["ordinal"] for row in rows] == list(range(1, len(rows) + 1))
    said = Counter(row["text"] for row in rows if row["role"] == "person" and row["pause_id"] is None)
    assert said == dict.fromkeys(talker.said, 1)
    assert {row["id"] for row in rows} >= set(talker.said.values())
    turns = tx.all("SELECT id, state FROM lab_turns WHERE account_id = :account", account=account)
    assert {row["state"] for row in turns} == {"done"}
    finals = Counter(row["turn_id"] for row in rows if row["kind"] == "final")
    assert finals == {row["id"]: 1 for row in turns}
    assert len(turns) == len(talker.said)
    answers = {row["pause_id"]: row["text"] for row in rows if row["role"] == "person" and row["pause_id"] is not None}
    assert answers == talker.answered
    delivered = [reply["message_id"] for reply in talker.person.replies if not reply["inner_chat"]]
    assert delivered == [row["id"] for row in rows if row["kind"] == "final"]
    sql = "SELECT count(*) AS n FROM experiments WHERE account_id = :account"
    made = tx.one(sql, account=account)
    assert made is not None
    assert made["n"] == talker.allowed


def is_worn(tx: Tx) -> bool:
    """Whether a turn would be given up if its server died once more or twice without a step made."""
    sql = "SELECT id FROM lab_turns WHERE recoveries >= :most AND state NOT IN ('done', 'failed', 'cancelled')"
    return bool(tx.all(sql, most=RECOVERIES_MAX - 1))


@pytest.mark.lab("X1", "B8", "F10")
@pytest.mark.timeout(SECONDS + 240)
async def test_killed_under_load_nothing_that_was_acknowledged_is_lost_or_doubled(hurried: Scene) -> None:
    scene = hurried
    chance, began = random.Random(1), time.monotonic()
    wanted = CYCLES["postgresql" if scene.shared else "sqlite"]
    talkers = [Talker(Person(scene, scene.member(), random.Random(n))) for n in range(PEOPLE)]

    async def talk(talker: Talker) -> None:
        async with talker.person:
            await talker.talk(lambda: scene.kills < wanted and time.monotonic() - began < SECONDS)
            for name, content in talker.files.items():
                listed = (await talker.person.request("GET", "files", params={"limit": "200"})).json()["files"]
                [handle] = [each["handle"] for each in listed if each["name"] == f"{name}.bin"]
                fetched = await talker.person.request("GET", handle)
                assert fetched.content == content

    working = [asyncio.create_task(talk(talker)) for talker in talkers]
    database = scene.site.database()
    await kill_while(scene, chance, working, lambda: None, lambda: database.read_here(is_worn))
    await asyncio.gather(*working)
    for talker in talkers:
        scene.site.database().read_here(lambda tx, talker=talker: check(tx, talker))
    left = scene.site.database().read_here(lambda tx: tx.all("SELECT id FROM jobs WHERE kind = 'assistant.step'"))
    assert left == []
    messages = sum(len(talker.said) + len(talker.answered) for talker in talkers)
    resent = sum(talker.person.resent for talker in talkers)
    print(
        f"X1: {scene.kills} SIGKILLs in {time.monotonic() - began:.0f} s, {messages} acknowledged messages,"
        f" {resent} requests sent again: 0 lost, 0 doubled"
    )


@pytest.mark.lab("X2")
async def test_sigterm_ends_in_time_and_long_polls_get_placeholders(scene: Scene) -> None:
    members = [scene.member() for _ in range(5)]
    flows = [Flow(scene, member) for member in members]
    for flow in flows[:3]:
        await flow.start("think long")
    polls = [asyncio.create_task(flow.poll(wait=50)) for flow in flows]
    stream = asyncio.create_task(flows[0].call("GET", "events"))
    await asyncio.sleep(0.5)
    await asyncio.to_thread(scene.child.kill, signal.SIGTERM, STOP_SECONDS_MAX)
    replies = await asyncio.gather(*polls)
    assert [reply["valid"] for reply in replies] == [False] * 5
    assert [reply["turn_id"] is not None for reply in replies] == [True] * 3 + [False] * 2
    assert (await stream).status_code == 200
    await asyncio.to_thread(scene.again)
    for flow in flows[:3]:
        assert (await flow.get("conversation"))["state"] == "RUNNING"
        await flow.post("cancel")
        await flow.final("I stopped")
    assert "Traceback" not in scene.nursery.logs()


@pytest.mark.lab("X3", "B8", "C2", "C5")
@pytest.mark.parametrize("how", ["killed", "stopped"])
async def test_what_waits_survives_a_restart(scene: Scene, how: str) -> None:
    unread, asked, queued = (Flow(scene, scene.member()) for _ in range(3))
    keyed = {"json": {"text": "plain, please"}, "headers": {"idempotency-key": "k"}}
    first = await unread.call("POST", "chat_text", **keyed)
    await unread.until("IDLE")
    await asked.start("set up an experiment")
    question = await asked.asked("collect")
    await queued.start("slowly make one")
    await queued.say("plain, please", "queued")
    if how == "killed":
        await asyncio.to_thread(scene.kill)
    else:
        await asyncio.to_thread(scene.child.kill, signal.SIGTERM, STOP_SECONDS_MAX)
    await asyncio.to_thread(scene.again)
    replayed = await unread.call("POST", "chat_text", **keyed)
    assert replayed.headers["idempotency-replayed"] == "true"
    names = ("x-message-id", "x-message-effect", "location")
    assert [replayed.headers[name] for name in names] == [first.headers[name] for name in names]
    await unread.final("A plain answer.")
    await unread.nothing()
    assert (await asked.asked("collect"))["question_id"] == question["question_id"]
    await asked.say("forget it")
    await asked.final()
    await queued.asked("verify")
    await queued.say("forget it")
    await queued.final()
    await queued.final("A plain answer.")
    for flow in (unread, asked, queued):
        await flow.close()


@pytest.mark.lab("X4")
@pytest.mark.parametrize(
    ("days", "down"), [((1, -1), False), ((-1, 1), True)], ids=["ahead and back", "back and ahead while it is down"]
)
async def test_clock_jumps_approve_nothing_and_lose_nothing(scene: Scene, days: tuple[int, int], down: bool) -> None:
    asked, unread, running = (Flow(scene, scene.member()) for _ in range(3))
    await asked.start("make it")
    await asked.asked("verify")
    await asked.say("yes")
    question = await asked.asked("authorize")
    await unread.start("plain, please")
    await unread.until("IDLE")
    await running.start("slowly make one")
    await running.say("plain, please", "queued")
    for number in days:
        if down:
            await asyncio.to_thread(scene.kill)
        scene.clock.go_to(scene.clock.now_ms() + number * DAY_MS)
        if down:
            await asyncio.to_thread(scene.again)
        await asyncio.sleep(0.2)
        assert (await asked.get(f"questions/{question['question_id']}"))["state"] == "open"
        other = Flow(scene, scene.member())
        await other.start("plain, please")
        await other.final("A plain answer.")
        await other.close()
    assert scene.count("experiments", asked.member) == 0
    await unread.final("A plain answer.")
    assert (await asked.asked("authorize"))["question_id"] == question["question_id"]
    await asked.say("yes")
    await asked.final("That is all.")
    assert scene.count("experiments", asked.member) == 1
    await running.asked("verify")
    await running.say("no")
    await running.reply()
    await running.call("POST", "cancel", json={"queue": True})
    assert scene.count("experiments", running.member) == 0
