"""P7: questions of the assistant, two devices that answer at once, and a server that is killed all the time.

The daily run is short. `PARLOUR_TEST_QUESTION_KILLS=104` makes it 104 SIGKILLs at least on SQLite, and 64 dialogues,
unless the time is over before: a busy machine comes to fewer in `PARLOUR_TEST_QUESTION_SECONDS`. The figure says how
many there were.
"""

import asyncio
import os
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from parlour.storage.tx import Tx
from tests.conftest import STORES, make_site
from tests.fakes.mcp_web import web_stage
from tests.lab.persons import HURRIED, Person, kill_while, together
from tests.lab.scene import Scene, scene_on
from tests.promises.figures import Figure

KILLS = {"sqlite": int(os.environ.get("PARLOUR_TEST_QUESTION_KILLS", "20")), "postgresql": 12}
RUNS = {"sqlite": max(16, KILLS["sqlite"] * 8 // 13), "postgresql": 8}
SECONDS = float(os.environ.get("PARLOUR_TEST_QUESTION_SECONDS", str(max(60, 2 * KILLS["sqlite"]))))
KILLS_MIN = 5
PEOPLE = 6
RECOVERIES_MAX = 5
HESITATES_SECONDS = 0.8
OUTSIDE_EVERY = 4
YES = ("yes", "好的", "ok, go ahead", "approve")
NO = ("no", "不行", "yes but not now", "hmm", "ok?")


@dataclass
class Run:
    """A dialogue: what was decided by the answer that won, and how often the server died meanwhile."""

    number: int
    person: Person
    outside: bool
    kills: int = 0
    won: list[bool] = field(default_factory=list)
    question_id: str = ""
    finals: int = 0
    over: bool = False

    async def play(self) -> None:
        """From the first message to the final."""
        name = f"Run{self.number}"
        words = f"run stage move to={self.number}" if self.outside else f"create an experiment called {name} with the"
        text = words if self.outside else f"{words} description Killed often"
        sent = await self.person.send("chat_text", name, json={"text": text})
        assert sent.status_code == 200, sent.text
        while True:
            reply = await self.person.reply()
            if not reply["inner_chat"]:
                self.finals += 1
                self.over = True
                return
            await self.person.hesitate(HESITATES_SECONDS)
            question = reply["question"]
            if question["kind"] == "authorize":
                await self.decide(question["question_id"])
            else:
                answer = await self.say(question["question_id"], "yes", "only")
                assert answer.status_code == 200, answer.text

    async def decide(self, question_id: str) -> None:
        """Two devices answer at the same moment, one yes and the other no."""
        self.question_id = question_id
        first = not self.number % 2
        words = self.person.chance.choice(YES if first else NO)
        spoken = self.say(question_id, words, "one")
        clicked = self.on_the_form(question_id, "deny" if first else "allow")
        answers = await asyncio.gather(spoken, clicked)
        for allow, answer in zip((first, not first), answers, strict=True):
            if answer.status_code == 200:
                self.won.append(allow)
            else:
                assert (answer.status_code, answer.json()["code"]) == (409, "question_closed"), answer.text

    async def say(self, question_id: str, words: str, device: str) -> httpx.Response:
        """Answer by a message."""
        body = {"text": words, "question_id": question_id}
        return await self.person.send("inner_chat_text", f"{question_id}-{device}", json=body)

    async def on_the_form(self, question_id: str, decision: str) -> httpx.Response:
        """Answer by the route of questions."""
        path = f"questions/{question_id}/answer"
        return await self.person.send(path, f"{question_id}-form", json={"answer": {"decision": decision}})


@dataclass
class Found:
    """What the store holds of the runs."""

    effects: Counter[str]
    decisions: dict[str, str]
    finals: Counter[str]
    given_up: list[str]
    jobs: int


def look(tx: Tx) -> Found:
    """Effects by account, answers by question, finals by turn, whose turns were given up, and what is left to do."""
    finals = tx.all("SELECT account_id, turn_id, error FROM lab_messages WHERE kind = 'final'")
    return Found(
        effects=Counter(row["account_id"] for row in tx.all("SELECT account_id FROM experiments")),
        decisions={
            row["id"]: str(row["answer"]) for row in tx.all("SELECT id, answer FROM pauses WHERE kind = 'authorize'")
        },
        finals=Counter(row["turn_id"] for row in finals),
        given_up=[row["account_id"] for row in finals if (row["error"] or "").startswith("internal")],
        jobs=len(tx.all("SELECT id FROM jobs WHERE kind = 'assistant.step' AND state <> 'stuck'")),
    )


async def all_runs(scene: Scene, store: str, chance: random.Random) -> list[Run]:
    """As many runs as are wanted, and then some until the server was killed often enough."""
    runs: list[Run] = []

    async def one(number: int) -> None:
        async with Person(scene, await asyncio.to_thread(scene.member), random.Random(number)) as person:
            run = Run(number, person, outside=number % OUTSIDE_EVERY == OUTSIDE_EVERY - 1)
            runs.append(run)
            await run.play()

    def note() -> None:
        for run in runs:
            run.kills += not run.over

    began = time.monotonic()

    def more() -> bool:
        wanted = len(runs) < RUNS[store] or scene.kills < KILLS[store]
        return wanted and time.monotonic() - began < SECONDS

    working = asyncio.create_task(together(PEOPLE, one, more))
    await kill_while(scene, chance, [working], note)
    await working
    return runs


@pytest.mark.promise("P7")
@pytest.mark.lab("D4", "D5", "D7", "X1")
@pytest.mark.timeout(2 * SECONDS + 180)
@pytest.mark.parametrize("store", STORES)
async def test_what_is_asked_while_the_server_is_killed_is_answered_once_and_done_once(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site, began = make_site(store, tmp_path, request), time.monotonic()
    async with web_stage() as stage:
        with scene_on(site, lab__mcp=f'{{"stage": {{"url": "{stage.url}"}}}}', **HURRIED) as scene:
            runs = await all_runs(scene, store, random.Random(7))
            kills = scene.kills
    found = site.database().read_here(look)
    site.close()
    wrong, doubled = [], []
    for run in runs:
        happened = stage.moves[run.number] if run.outside else found.effects[run.person.member.account_id]
        assert len(run.won) == bool(run.question_id), run
        allowed = run.won == [True]
        stored = '"allow"' in found.decisions.get(run.question_id, "")
        if stored != allowed or (happened > 0) > allowed or (not run.outside and (happened == 1) != allowed):
            wrong.append(run.number)
        if happened > 1:
            doubled.append(run.number)
    assert (wrong, doubled) == ([], [])
    assert set(found.finals.values()) == {1}
    assert (found.jobs, [run.finals for run in runs]) == (0, [1] * len(runs))
    kills_of = {run.person.member.account_id: run.kills for run in runs}
    assert all(kills_of[account] > RECOVERIES_MAX for account in found.given_up), "only what killed server after server"
    asked = sum(bool(run.question_id) for run in runs)
    assert asked > len(runs) * 3 // 4
    assert kills >= KILLS_MIN
    struck = sum(run.kills > 0 for run in runs)
    resent = sum(run.person.resent for run in runs)
    outside = [run.number for run in runs if run.outside and run.won == [True]]
    unknown = sum(not stage.moves[number] for number in outside)
    figure(
        "P7",
        f"{len(runs)} dialogues of the assistant, {kills} SIGKILLs in {time.monotonic() - began:.0f} s, which struck"
        f" {struck} of the dialogues {sum(run.kills for run in runs)} times; {asked} permissions, two devices that"
        f" answer the opposite at once, {resent} requests sent again, {len(outside)} allowed calls of an instrument,"
        f" {unknown} of them not made, {len(found.given_up)} turns given up:"
        f" {len(wrong)} wrong, {len(doubled)} doubled",
    )
