"""A draft is tried: a practice of one person alone, which works like any other and is nobody else's."""

from collections.abc import Iterator
from typing import Any

import pytest

from parlour.catalog import actions as catalog
from parlour.catalog.entities import Scenario
from parlour.storage.tx import Tx
from tests.conftest import STORES, make_site
from tests.harness.site import Process, Site
from tests.harness.socket import Client
from tests.wire.authors import DRAFTS, Author
from tests.wire.packs import install
from tests.wire.test_trainings import PAIR

PERSONA = (
    {"op": "put", "type": "names", "fields": {"name": "Robin"}},
    {
        "op": "put",
        "type": "instructions",
        "fields": {"template": "You are Robin, a student who is late with {{the-paper}}."},
    },
)
GROUP, LOW, HIGH = ({"op": "add", "type": kind, "value_id": f"00000000-0000-7000-8000-00000000000{number}"}
                    for number, kind in enumerate(("standard_groups", "standards", "standards"), 1))  # fmt: skip
OF_GROUP = {"standard_group_id": GROUP["value_id"]}
RUBRIC = (
    {"op": "put", "type": "names", "fields": {"name": "Listening"}},
    {**GROUP, "fields": {"name": "Asks", "short_name": "Asks", "points": 3, "pass_points": 1}},
    {**LOW, "fields": {"name": "Never", "points": 0, **OF_GROUP}},
    {**HIGH, "fields": {"name": "Always", "points": 3, **OF_GROUP}},
)
SCENARIO = (
    {"op": "put", "type": "names", "fields": {"name": "A late report"}},
    {"op": "add", "type": "objectives", "fields": {"objective": "Find out why it is late."}},
    {"op": "add", "type": "personas", "fields": {"name": "Kim", "instructions": "You are Kim."}},
)
DOCUMENT = (
    {"op": "put", "type": "names", "fields": {"name": "House rules"}},
    {"op": "put", "type": "texts", "fields": {"text": "Reports are due on {{due-day}}."}},
    {"op": "add", "type": "fields", "fields": {"name": "Due day", "value": "Friday"}},
)


@pytest.fixture(scope="module", params=STORES)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = make_site(request.param, tmp_path_factory.mktemp("tries"), request)
    install(made, ["learner"], ["instructor"])
    yield made
    made.close()


@pytest.fixture(scope="module")
def process(site: Site) -> Process:
    return site.start()


async def attempt(site: Site, process: Process, practice_id: str) -> dict[str, Any]:
    """An attempt of a try from its start to its grade: its detail."""
    async with Client(process.url, site.tokens["instructor"]) as client:
        started = await client.ok("attempt_start", {"practice_id": practice_id})
        ids = {"attempt_id": started["attempt_id"], "chat_id": started["attempt_chat_id"]}
        await client.say(**ids, text="What have you tried so far?")
        ended = await client.ok("attempt_end", ids)
        await client.wait_for("attempt_graded", grade_id=ended["grade_id"])
        return started


def _scenario_of(tx: Tx, practice_id: str) -> Scenario:
    entry = catalog.entry_for(tx, "practice", practice_id)
    assert entry is not None
    scenario = catalog.scenario_version(tx, entry.templates[0].scenario_id, entry.templates[0].scenario_version)
    assert scenario is not None
    return scenario


@pytest.mark.parametrize(
    ("artifact_type", "changes", "name", "points"),
    [
        ("persona", PERSONA, "Robin", 2),
        ("rubric", RUBRIC, "Listening", 3),
        ("scenario", SCENARIO, "A late report", 2),
        ("document", DOCUMENT, "House rules", 2),
    ],
)
async def test_a_draft_is_tried_with_what_it_lacks_filled_in(
    site: Site, process: Process, artifact_type: str, changes: tuple[object, ...], name: str, points: int
) -> None:
    async with Author(site, process, "instructor") as author:
        draft = await author.change(await author.begin(artifact_type), *changes)
        tried = await author.ask("POST", f"{DRAFTS}/{draft['id']}/try", status=201)
        practice_id = tried["practice_id"]
        started = await attempt(site, process, practice_id)
        detail = await author.ask("GET", f"/attempts/{started['attempt_id']}")
        listed = (await author.ask("GET", "/attempts"))["items"]
        assert [each["name"] for each in listed if each["id"] == started["attempt_id"]] == [f"Try: {name}"]
        grades = await author.ask("GET", f"/chats/{started['attempt_chat_id']}/grades")
        assert grades["items"][0]["grade"]["total_points"] == points
        assert detail["tried_draft_id"] == draft["id"]
        (came,) = (await author.ask("GET", f"{DRAFTS}/{draft['id']}/try"))["items"]
        assert (came["attempt_id"], came["state"], came["current"]) == (started["attempt_id"], "ended", True)
        assert (came["score"] is None, came["total_points"]) == (False, points)
        shown = str(detail)
        expected = {"persona": "Robin", "rubric": "Always", "scenario": "Kim", "document": "due on Friday."}
        assert expected[artifact_type] in shown
        played = site.write(lambda tx: _scenario_of(tx, practice_id))
        told = {each.name: each.value for each in played.parameters}
        assert told == ({"the-paper": "the paper"} if name == "Robin" else {})
        cards = {card["practice_id"]: card for card in (await author.ask("GET", "/practice"))["items"]}
        assert cards[practice_id]["name"] == f"Try: {name}"
        # it is the author's alone, and in no list of the library
        for other in ("admin", "learner", "root"):
            async with Author(site, process, other) as somebody:
                assert practice_id not in str(await somebody.ask("GET", "/practice"))
                assert practice_id not in str(await somebody.ask("GET", "/trainings"))
                await somebody.ask("POST", f"{DRAFTS}/{draft['id']}/try", status=404)
                await somebody.ask("GET", f"{DRAFTS}/{draft['id']}/try", status=404)
            async with Client(process.url, site.tokens[other]) as client:
                assert (await client.refused("attempt_start", {"practice_id": practice_id}))["code"] == "not_found"
        for archived in ("false", "true"):
            items = (await author.ask("GET", f"/artifacts?archived={archived}&limit=200"))["items"]
            assert not [each for each in items if "Try" in each["name"] or "Plain rubric" in each["name"]]
        await author.ask("GET", f"/trainings/{practice_id}", status=404)
        await author.ask("PATCH", f"/trainings/{practice_id}", {"everyone": True}, status=404)


async def test_a_try_follows_its_draft_and_ends_with_it(site: Site, process: Process) -> None:
    async with Author(site, process, "instructor") as author:
        draft = await author.change(await author.begin(), *PERSONA)
        where = f"{DRAFTS}/{draft['id']}/try"
        first = await author.ask("POST", where, status=201)
        draft = await author.name(draft, "Alex")
        assert await author.ask("POST", where, status=201) == first, "a draft has one try a person"
        names = [card["name"] for card in (await author.ask("GET", "/practice"))["items"]]
        assert names.count("Try: Alex") == 1
        assert "Try: Robin" not in names or names.count("Try: Robin") == 1
        await author.ask("DELETE", f"{DRAFTS}/{draft['id']}", status=204)
        assert first["practice_id"] not in str(await author.ask("GET", "/practice"))
        await author.ask("POST", where, status=404)
        published = await author.change(await author.begin(), *PERSONA)
        tried = await author.ask("POST", f"{DRAFTS}/{published['id']}/try", status=201)
        await author.post(published, "publish")
        async with Client(process.url, site.tokens["instructor"]) as client:
            closed = await client.refused("attempt_start", tried)
            assert closed["code"] == "closed"


async def test_a_simulation_is_tried_with_its_published_scenarios(site: Site, process: Process) -> None:
    async with Author(site, process, "instructor") as author:
        copy = await author.ask("POST", f"/artifacts/{PAIR}/duplicate", {}, status=201)
        place = f"{DRAFTS}/{copy['id']}/try"
        assert (await author.ask("GET", place))["items"] == []
        tried = await author.ask("POST", place, status=201)
        started = await attempt(site, process, tried["practice_id"])
        detail = await author.ask("GET", f"/attempts/{started['attempt_id']}")
        assert "Small" in str(detail)
        # a colleague who may read the draft sees only tries of their own; a change of the draft makes a try an old one
        await author.ask("POST", f"{DRAFTS}/{copy['id']}/editors", {"user_id": "admin"})
        async with Author(site, process, "admin") as colleague:
            assert (await colleague.ask("GET", place))["items"] == []
        assert [each["current"] for each in (await author.ask("GET", place))["items"]] == [False]
        # the way back to the draft goes with it
        await author.ask("DELETE", f"{DRAFTS}/{copy['id']}", status=204)
        gone = await author.ask("GET", f"/attempts/{started['attempt_id']}")
        assert gone["tried_draft_id"] is None


async def test_what_cannot_be_tried_says_why(site: Site, process: Process) -> None:
    async with Author(site, process, "instructor") as author:
        cohort = await author.begin("cohort")
        refused = await author.ask("POST", f"{DRAFTS}/{cohort['id']}/try", status=422)
        assert refused["code"] == "unsupported_artifact"
        empty = await author.begin("rubric")
        refused = await author.ask("POST", f"{DRAFTS}/{empty['id']}/try", status=422)
        assert (refused["code"], refused["errors"][0]["pointer"]) == ("draft_invalid", "/values/standard_groups")
        broken = await author.change(empty, {**GROUP, "fields": {"name": "Asks", "points": 9}}, *RUBRIC[2:])
        refused = await author.ask("POST", f"{DRAFTS}/{broken['id']}/try", status=422)
        assert refused["code"] == "draft_invalid"
        persona = await author.begin()
        await author.ask("POST", f"{DRAFTS}/{persona['id']}/try", status=201)
