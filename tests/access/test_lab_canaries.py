"""P11 for the laboratory: members act at random through every route, each with secrets of their own in messages,
files, names, notes, logs and questions. Nobody is ever told another's secret or the content behind another's id."""

import asyncio
import os
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import httpx
import pytest

from parlour.assistant.papers import actions as papers
from parlour.assistant.papers.entities import About
from parlour.files import actions as files
from parlour.settings.lab import Arxiv, Lab, LabLimits
from parlour.storage.tx import Tx
from tests.conftest import STORES, make_site
from tests.lab import filing
from tests.lab.house import LabHouse, Member, serving_here
from tests.promises.figures import Figure

SEED = 11
STEPS = int(os.environ.get("LAB_STEPS", "700"))  # on each store
NAMES = ("ada", "ben", "cleo", "dan")
DOI = "10.5555/shared.1"
IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|files/[A-Za-z0-9_-]{22}/[^\"\\]+")
LIMITS = LabLimits(
    requests_per_second_max=10**6,
    requests_burst_max=10**6,
    response_hold_ms=1,
    queued_turns_max=6,
    stale_reply_seconds=1,
)
ANSWERS = ("yes", "no", "ok", "forget it", "2h", "1", "it is {c}", "experiment_name: {c} {n}", "好的", "取消")
SAID = (
    "{c} is on my mind",
    "create experiment named {c} {n}",
    "set current experiment",
    "record: {c} was {n} K",
    "list my experiments",
    "list my papers",
    "summarise this paper",
    "experiment log about {any}",
    "what did I say about {any}",
    "how to use the {any}",
    "add this file to my papers",
    "what is known about {any}?",
    "what time is it",
    "我之前说过 {any}",
)


SECRET = re.compile(r"deep([a-z]+)9y\d+")


def canary(name: str) -> str:
    """What everybody may look for."""
    return f"secret{name}7x"


@dataclass
class Pool:
    """The ids of everything that anybody was told, and whose they are first."""

    ids: dict[str, str] = field(default_factory=dict)
    assigned: set[tuple[str, str]] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)


class Walker:
    """A member. `received` is all that came back, headers too."""

    def __init__(self, house: LabHouse, member: Member, pool: Pool, dice: random.Random) -> None:
        self.member, self.pool, self.dice = member, pool, dice
        self.name = member.user_id
        self.http: httpx.AsyncClient = house.http(member)
        self.received: list[str] = []
        self.number = 0

    async def step(self) -> None:
        """One thing at random."""
        go = self.dice.choices((self.say, self.look, self.poll, self.send, self.pry, self.note, self.ask_colleague),
                               (5, 6, 5, 2, 8, 2, 1))[0]  # fmt: skip
        await go()

    def text(self, form: str) -> str:
        self.number += 1
        anybody = canary(self.dice.choice(NAMES))
        return form.format(c=f"{canary(self.name)} {self.secret}", n=self.number, any=anybody)

    @property
    def secret(self) -> str:
        """A word that only this member writes, another one each time."""
        return f"deep{self.name}9y{self.number}"

    async def call(self, what: str, method: str, path: str, **given: Any) -> httpx.Response:
        """One request; all of its answer is kept and looked at."""
        answer = await self.http.request(method, path, **given)
        assert answer.status_code < 500, (method, path, given, answer.text)
        self.received.append(f"{answer.headers!r} {answer.text}")
        self.pool.counts[f"{what} {answer.status_code}"] += 1
        for found in IDS.findall(answer.text):
            self.pool.ids.setdefault(found, self.name)
        return answer

    def own(self, rest: str) -> str:
        return f"/users/{self.name}/{rest}"

    async def say(self) -> None:
        """A message: sometimes an answer."""
        inner = self.dice.random() < 0.5
        text = self.text(self.dice.choice(ANSWERS if inner else SAID))
        body: dict[str, Any] = {"text": text, "enable_instruct": self.dice.random() < 0.1}
        if self.dice.random() < 0.1:
            body["question_id"] = self.any_id()
        headers = {"idempotency-key": f"k{self.dice.randrange(30)}"} if self.dice.random() < 0.2 else {}
        route = "inner_chat_text" if inner else "chat_text"
        await self.call("say", "POST", self.own(route), json=body, headers=headers)

    async def send(self) -> None:
        """A file whose name and text are secret."""
        content = f"# Title\n\n{self.text('{c} {n} kelvin')}".encode()
        form = {"text": self.text(self.dice.choice(SAID)), "file_name": f"{self.secret} {self.number}.md"}
        await self.call("send", "POST", self.own("chat_with_file"), data=form, files={"file": ("x.md", content)})

    async def poll(self) -> None:
        """The next reply, or an older one."""
        query = {"after": self.any_id()} if self.dice.random() < 0.2 else {}
        await self.call("poll", "GET", self.own("response"), params=query)

    async def look(self) -> None:
        """What is one's own, by lists."""
        path = self.dice.choice(
            (
                self.own("conversation"),
                self.own("messages"),
                self.own("files"),
                self.own("questions?state=all"),
                self.own("questions?state=all&role=assignee"),
                self.own(f"paper_notes/get_note?doi={DOI}"),
                self.own("paper_notes/get_note?doi=10.5555/own"),
                "/api/v1/laboratory/experiments?scope=lab",
                "/api/v1/laboratory/experiments",
                "/api/v1/laboratory/papers?scope=shared",
                "/api/v1/laboratory/papers",
            )
        )
        await self.call("look", "GET", path)

    async def pry(self) -> None:
        """Anybody's ids at one's own routes, and one's own ids at anybody's."""
        named, whose = quote(self.any_id(), safe=""), self.dice.choice(NAMES)
        raw = self.any_id()
        method, path, given = self.dice.choice(
            (
                ("GET", f"turns/{named}", {}),
                ("GET", f"questions/{named}", {}),
                ("POST", f"questions/{named}/answer", {"json": {"text": "yes"}}),
                ("POST", f"questions/{named}/assign", {"json": {"to": self.dice.choice(NAMES)}}),
                ("GET", f"messages?after={named}", {}),
                ("GET", f"messages?conversation={named}", {}),
                ("GET", f"files?after={named}", {}),
                ("GET", f"files/{named}", {}),
                ("POST", "files/bytes", {"json": {"filepath": raw}}),
                ("DELETE", f"files/{named}", {}),
                ("POST", "cancel", {"json": {"turn_id": raw}}),
                ("GET", "conversation", {}),
                ("GET", "response", {}),
                ("POST", "chat_text", {"json": {"text": self.text("{c}"), "question_id": raw}}),
            )
        )
        lab = self.dice.random() < 0.15
        if lab and method == "GET":
            part = self.dice.choice((f"experiments/{named}/entries", f"papers?after={named}", f"text?file={named}"))
            await self.call("pry", "GET", f"/api/v1/laboratory/{part}")
        elif "assign" in path:
            await self.assign(raw)
        else:
            place = self.own(path) if self.dice.random() < 0.8 else f"/users/{whose}/{path}"
            await self.call("pry", method, place, **given)

    async def note(self) -> None:
        """A note: on one's own papers and on what is not known; never a secret on a shared paper."""
        doi = self.dice.choice(("10.5555/own", "10.5555/unheard"))
        body = {"doi": doi, "page_label": 1, "chunk_info": self.text("{c} {n}"), "note": self.text("{c} {n}")}
        await self.call("note", "POST", self.own("paper_notes/add_note"), json=body)

    async def ask_colleague(self) -> None:
        """Assign one's own open question, and take it back later."""
        listed = await self.call("look", "GET", self.own("questions"))
        for each in listed.json()["questions"][:1]:
            await self.assign(each["question_id"])

    async def assign(self, question_id: str) -> None:
        to = self.dice.choice((None, *NAMES))
        path = self.own(f"questions/{quote(question_id, safe='')}/assign")
        answer = await self.call("assign", "POST", path, json={"to": to})
        if answer.status_code == 200 and to is not None:
            self.pool.assigned.add((question_id, to))

    def any_id(self) -> str:
        ids = list(self.pool.ids)
        return self.dice.choice(ids) if ids else "none"


def stock(house: LabHouse, members: list[Member]) -> None:
    """A shared paper, and for everybody a recent paper of their own with one DOI."""
    shared = filing.keep(house, None, "shared.md", b"# Shared\n\nCommon knowledge.", "paper", shared=True)
    own = [filing.keep(house, each, "own.md", f"deep{each.user_id}9y0 own".encode(), "paper") for each in members]

    def add(tx: Tx) -> None:
        tx.run("UPDATE uploads SET text_status = 'ok', pages = 1 WHERE origin = 'paper'")
        for kept in (shared, *own):
            file = files.by_id(tx, kept.id)
            assert file
            if file.account_id is None:
                papers.add_shared(tx, "lin", file, About(title="Shared", doi=DOI))
            else:
                name = next(each.user_id for each in members if each.account_id == file.account_id)
                papers.add_recent(tx, file.account_id, file, About(title=f"deep{name}9y0 paper", doi="10.5555/own"))

    house.write(add)


@pytest.mark.lab("E7", "A8", "F3")
@pytest.mark.promise("P11")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("store", STORES)
async def test_nobody_is_told_the_secrets_of_another_member(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = make_site(store, tmp_path, request)
    pool = Pool()
    with serving_here(site, lab=Lab(limits=LIMITS, arxiv=Arxiv(enabled="off"))) as house:
        members = [house.member(name) for name in NAMES]
        await asyncio.to_thread(stock, house, members)
        walkers = [Walker(house, each, pool, random.Random(f"{SEED} {each.user_id}")) for each in members]
        listening = [asyncio.create_task(listen(walker)) for walker in walkers]
        for _ in range(STEPS // len(walkers)):
            await asyncio.gather(*(walker.step() for walker in walkers))
        await asyncio.sleep(0.3)
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        for walker in walkers:
            await walker.http.aclose()
        allowed = {to: granted(house, pool, to) for to in NAMES}
    site.close()
    for walker in walkers:
        check(walker, allowed[walker.name])
    for what in (
        "say 200",
        "say 409",
        "send 200",
        "poll 200",
        "pry 200",
        "pry 404",
        "note 200",
        "assign 200",
        "assign 404",
    ):
        assert pool.counts[what] >= 3, (what, pool.counts)
    size = sum(len(text) for walker in walkers for text in walker.received)
    refused = sum(count for what, count in pool.counts.items() if what.endswith(("404", "409", "422")))
    figure(
        "P11",
        f"{sum(pool.counts.values())} random requests of {len(walkers)} laboratory members ({refused} refused) with"
        f" {len(pool.ids)} ids of each other, {size / 1e6:.1f} MB received and streamed: 0 secrets of another seen",
    )


async def listen(walker: Walker) -> None:
    """Their stream, all of it."""
    async with walker.http.stream("GET", walker.own("events"), timeout=None) as stream:
        async for chunk in stream.aiter_text():
            walker.received.append(chunk)


def granted(house: LabHouse, pool: Pool, to: str) -> set[str]:
    """The secrets in questions, and their answers, that were assigned to a member."""
    ids = {question_id for question_id, assignee in pool.assigned if assignee == to}
    rows = house.read(lambda tx: [dict(cast("Any", row)) for row in tx.all("SELECT * FROM pauses")])
    return {found[0] for row in rows if row["id"] in ids for found in SECRET.finditer(str(row).casefold())}


def check(walker: Walker, allowed: set[str]) -> None:
    """Of others only what was assigned was seen; and much of one's own."""
    text = "\n".join(walker.received).casefold()
    seen = {(found[1], found[0]) for found in SECRET.finditer(text)}
    assert len([secret for name, secret in seen if name == walker.name]) > STEPS / 100
    foreign = {secret for name, secret in seen if name != walker.name} - allowed
    if foreign:
        place = text.find(next(iter(foreign)))
        raise AssertionError(f"{walker.name} was told {foreign}: {text[max(0, place - 900) : place + 200]}")
