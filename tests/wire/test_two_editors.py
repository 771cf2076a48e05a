"""Two people write into one draft at once: what either was told is stored is there, whoever was faster."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.wire.authors import DRAFTS, Author
from tests.wire.house import House

EDITS = 40
SINGLES = {"names": "name", "descriptions": "description"}
GROUPS = 3


@dataclass
class Editor:
    """Edits as a page does: for the version it has read; refused, it takes the draft of the refusal and tries again.

    `kept`: what it was told is stored, as (version, type, value id, field, what).
    """

    author: Author
    dice: random.Random
    draft: Any
    kept: list[tuple[int, str, str, str, object]] = field(default_factory=list)
    added: list[tuple[int, str]] = field(default_factory=list)
    refused: int = 0

    async def work(self) -> None:
        """Make all edits, one after another."""
        for number in range(EDITS):
            await self.edit(f"{self.author.user_id} {number}")
            if self.dice.random() < 0.3:
                await asyncio.sleep(self.dice.random() * 0.01)

    async def edit(self, text: str) -> None:
        """One request that changes one to three fields, until it is acknowledged."""
        wanted = [self.change(text, number) for number in range(self.dice.randint(1, 3))]
        while True:
            body = {"expected_version": self.draft["version"], "changes": wanted}
            answer = await self.author.http.patch(f"/api/v1{DRAFTS}/{self.draft['id']}", json=body)
            if answer.status_code == 200:
                self.draft = answer.json()
                self.note(wanted)
                return
            assert answer.status_code == 409, answer.text
            assert answer.json()["draft"]["version"] > self.draft["version"]
            self.draft = answer.json()["draft"]
            self.refused += 1

    def change(self, text: str, number: int) -> dict[str, Any]:
        """A random change: of a single value, of a field of a level that is there, or a new level."""
        groups = [value["id"] for value in self.draft["values"]["standard_groups"]]
        match self.dice.randrange(4):
            case 0:
                type_name = self.dice.choice(list(SINGLES))
                return {"op": "put", "type": type_name, "fields": {SINGLES[type_name]: f"{text} {number}"}}
            case 1:
                return {"op": "add", "type": "standards", "fields": {"name": f"{text} {number}"}}
            case _:
                member = self.dice.choice(["name", "description", "short_name"])
                value_id = self.dice.choice(groups)
                fields = {member: f"{text} {number}"}
                return {"op": "set", "type": "standard_groups", "value_id": value_id, "fields": fields}

    def note(self, changes: Sequence[Any]) -> None:
        """What was acknowledged, with the version that has it."""
        for change in changes:
            for name, what in change["fields"].items():
                if change["op"] == "add":
                    self.added.append((self.draft["version"], what))
                else:
                    value_id = change.get("value_id", "")
                    self.kept.append((self.draft["version"], change["type"], value_id, name, what))


def last_of(editors: Sequence[Editor]) -> dict[tuple[str, str, str], object]:
    """What each field must hold: what the acknowledged edit of the highest version wrote into it."""
    found: dict[tuple[str, str, str], tuple[int, object]] = {}
    for editor in editors:
        for version, type_name, value_id, name, what in editor.kept:
            where = (type_name, value_id, name)
            if where not in found or found[where][0] <= version:
                found[where] = (version, what)
    return {where: what for where, (_, what) in found.items()}


@pytest.mark.parametrize("seed", range(3))
async def test_no_acknowledged_edit_of_two_editors_is_lost(house: House, seed: int) -> None:
    async with AsyncExitStack() as stack:
        authors = [
            await stack.enter_async_context(Author(house.site, house.process, name)) for name in ("instructor", "peer")
        ]
        draft = await authors[0].begin("rubric")
        groups = [{"op": "add", "type": "standard_groups", "fields": {"name": f"G{n}"}} for n in range(GROUPS)]
        await authors[0].change(draft, *groups)
        draft = await authors[0].ask("POST", f"{DRAFTS}/{draft['id']}/editors", {"user_id": "peer"})
        editors = [
            Editor(author=author, dice=random.Random(100 * seed + number), draft=draft)
            for number, author in enumerate(authors)
        ]
        await asyncio.gather(*(editor.work() for editor in editors))
        after = await authors[0].read(draft)

    acknowledged = {version for editor in editors for version, *_ in (*editor.kept, *editor.added)}
    assert len(acknowledged) == 2 * EDITS, "every acknowledged write has a version of its own"
    assert after["version"] == draft["version"] + 2 * EDITS
    for (type_name, value_id, name), what in last_of(editors).items():
        found = [value for value in after["values"][type_name] if value_id in ("", value["id"])]
        assert [value["fields"][name] for value in found] == [what]
    standards = sorted(value["fields"]["name"] for value in after["values"]["standards"])
    assert standards == sorted(what for editor in editors for _, what in editor.added)
    refused = sum(editor.refused for editor in editors)
    assert refused > 0, "they were in each other's way"


async def test_of_many_writers_for_one_version_exactly_one_wins(house: House) -> None:
    async with Author(house.site, house.process, "instructor") as author:
        draft = await author.begin("persona")
        headers = dict(author.http.headers)
        async with httpx.AsyncClient(base_url=house.url, headers=headers, timeout=60) as http:
            for version in range(1, 6):
                bodies = [
                    {"expected_version": version, "changes": [_named(f"{who} {version}")]}
                    for who in ("A", "B", "C", "D")
                ]
                place = f"/api/v1{DRAFTS}/{draft['id']}"
                answers = await asyncio.gather(*(http.patch(place, json=body) for body in bodies))
                won = [answer.json() for answer in answers if answer.status_code == 200]
                lost = [answer.json() for answer in answers if answer.status_code == 409]
                assert (len(won), len(lost)) == (1, 3), [answer.text for answer in answers]
                assert won[0]["version"] == version + 1
                assert all(each["draft"] == won[0] for each in lost)


def _named(name: str) -> dict[str, Any]:
    return {"op": "put", "type": "names", "fields": {"name": name}}
