"""Drafts of artifacts over REST: from the first word to a published version, with others looking on (Glow 1.5)."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from parlour.accounts import actions as accounts
from tests.conftest import STORES, make_site
from tests.harness.site import Process, Site
from tests.wire.authors import DRAFTS, Author, fields
from tests.wire.house import UNKNOWN, House, furnish

FIRST = {"op": "put", "type": "names", "fields": {"name": "Nina"}}
TOLD = {"op": "put", "type": "instructions", "fields": {"template": "You are Nina, a student who has lost her notes."}}
SAID = {"op": "put", "type": "descriptions", "fields": {"description": "A student."}}


@dataclass
class Room:
    """Authors on one server."""

    instructor: Author
    peer: Author
    admin: Author
    outsider: Author
    learner: Author


async def _room(stack: AsyncExitStack, site: Site, process: Process) -> Room:
    names = ("instructor", "peer", "admin", "outsider", "learner")
    made = {name: await stack.enter_async_context(Author(site, process, name)) for name in names}
    return Room(**made)


@pytest.fixture
async def room(house: House) -> AsyncIterator[Room]:
    async with AsyncExitStack() as stack:
        yield await _room(stack, house.site, house.process)


@pytest.fixture(scope="module", params=STORES)
def strict(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server on which two must agree, with drafts that are small and few."""
    site = furnish(make_site(request.param, tmp_path_factory.mktemp("strict"), request))
    bounds = {"drafts_max": 2, "draft_bytes_max": 10_000, "values_max": 2, "sources_max": 1, "source_chars_max": 1_000}
    given: dict[str, Any] = {f"authoring__{name}": value for name, value in bounds.items()}
    yield House(site, site.start(authoring__two_person="true", **given))
    site.close()


async def published(author: Author, draft: Any) -> Any:
    """What publishing a draft answered."""
    return await author.post(await author.read(draft), "publish")


async def test_a_persona_is_written_published_and_followed_by_versions(room: Room) -> None:
    author = room.instructor
    draft = await author.begin()
    assert (draft["version"], draft["base_version"], draft["published_version"]) == (1, 0, 0)
    assert (draft["values"], draft["name"], draft["review"], draft["closed"]) == ({}, "", None, False)
    assert draft["owner"]["user_id"] == "instructor"
    assert draft["may"] == {"edit": True, "publish": True, "approve": False}
    draft = await author.change(
        draft, FIRST, TOLD, SAID, {"op": "add", "type": "examples", "fields": {"example": "Hm."}}
    )
    assert (draft["version"], draft["name"]) == (2, "Nina")
    assert [value["by"] for value in draft["values"]["names"]] == [{"name": "person"}]
    compared = await author.ask("GET", f"{DRAFTS}/{draft['id']}/differences")
    assert {change["kind"] for change in compared["changes"]} == {"added"}

    first = await published(author, draft)
    assert (first["artifact_type"], first["version"], first["written"]) == ("persona", 1, True)
    closed = await author.read(draft)
    assert (closed["closed"], closed["artifact_id"], closed["may"]["edit"]) == (True, first["artifact_id"], False)
    assert (await author.name(closed, "Too late", 409))["code"] == "draft_closed"
    assert (await author.post(closed, "publish", 409))["code"] == "draft_closed"

    one, two = [await author.begin(artifact_id=first["artifact_id"]) for _ in range(2)]
    assert (one["base_version"], fields(one, "names")) == (1, [{"name": "Nina"}])
    assert (await author.ask("GET", f"{DRAFTS}/{one['id']}/differences"))["changes"] == []
    one = await author.name(one, "Nora")
    changes = (await author.ask("GET", f"{DRAFTS}/{one['id']}/differences"))["changes"]
    assert [(each["field"], each["kind"], each["before"], each["after"]) for each in changes] == [
        ("name", "changed", "Nina", "Nora")
    ]
    assert (await published(author, one))["version"] == 2

    said = {"op": "put", "type": "descriptions", "fields": {"description": "Hers."}}
    two = await author.change(two, {"op": "put", "type": "names", "fields": {"name": "Nele"}}, said)
    assert (await author.ask("GET", f"{DRAFTS}/{two['id']}/differences"))["stale"] is True
    assert (await author.post(two, "publish", 409))["code"] == "base_conflict"
    rebased = await author.post(two, "rebase")
    assert [(each["type"], each["field"], each["mine"], each["theirs"]) for each in rebased["conflicts"]] == [
        ("names", "name", "Nele", "Nora")
    ]
    assert (rebased["draft"]["base_version"], rebased["draft"]["version"]) == (2, two["version"] + 1)
    assert (await published(author, two))["version"] == 3

    back = await author.begin(artifact_id=first["artifact_id"], version=1)
    assert (back["base_version"], fields(back, "names")) == (3, [{"name": "Nina"}])
    assert (await published(author, back))["version"] == 4
    await author.ask("DELETE", f"{DRAFTS}/{draft['id']}", status=204)
    await author.read(draft, 404)


async def test_what_is_wrong_with_a_change_names_its_place_and_changes_nothing(room: Room) -> None:
    author = room.instructor
    draft = await author.change(await author.begin("rubric"), FIRST)
    wrong = [
        ({"op": "add", "type": "colors", "fields": {}}, "/changes/1/type"),
        ({"op": "put", "type": "standards", "fields": {}}, "/changes/1/op"),
        ({"op": "put", "type": "names", "fields": {"nobody": "x"}}, "/changes/1/fields/nobody"),
        ({"op": "put", "type": "names"}, "/changes/1/fields"),
        ({"op": "set", "type": "standards", "value_id": UNKNOWN, "fields": {}}, "/changes/1/value_id"),
        ({"op": "add", "type": "standards", "value_id": "x", "fields": {}}, "/changes/1/value_id"),
        ({"op": "add", "type": "standards", "fields": {"points": "many"}}, "/changes/1/fields/points"),
        ({"op": "link", "type": "standards", "artifact_id": UNKNOWN}, "/changes/1/op"),
        ({"op": "link", "type": "departments"}, "/changes/1/artifact_id"),
        ({"op": "move", "type": "names"}, "/changes/1/position"),
        ({"op": "burn", "type": "names"}, "/changes/1/op"),
    ]
    for change, pointer in wrong:
        refused = await author.change(draft, {**FIRST, "fields": {"name": "Other"}}, change, status=422)
        assert [each["pointer"] for each in refused["errors"]] == [pointer]
    refused = await author.change(draft, {"op": "link", "type": "departments", "artifact_id": UNKNOWN}, status=404)
    assert refused["detail"] == "Artifact not found."
    assert await author.read(draft) == draft
    assert (await author.begin("nothing", 422))["code"] == "unknown_artifact_type"
    assert (await author.begin("chat", 422))["code"] == "unsupported_artifact"
    assert (await author.begin("model", 403))["code"] == "forbidden"
    assert (await author.begin("persona", 404, artifact_id=UNKNOWN))["code"] == "not_found"
    secret = await room.admin.begin("invocation")
    key = {"op": "add", "type": "keys", "fields": {"name": "Ours", "key": "secret"}}
    assert (await room.admin.change(secret, key, status=422))["errors"][0]["pointer"] == "/changes/0/fields/key"
    unsaid = await author.post(draft, "publish", 422)
    assert unsaid["code"] == "draft_invalid"
    assert {each["pointer"].split("/")[1] for each in unsaid["errors"]} == {"values"}


async def test_a_draft_of_somebody_else_is_not_there_until_its_owner_says_so(room: Room) -> None:
    author, peer = room.instructor, room.peer
    draft = await author.change(await author.begin(), FIRST, TOLD)
    missing = await peer.ask("GET", f"{DRAFTS}/{UNKNOWN}", status=404)
    nobody = (room.peer, room.admin, room.outsider, room.learner)
    for other in nobody:
        assert await other.read(draft, 404) == missing
        assert await other.name(draft, "Mine", 404) == missing
        for path in ("review", "approve", "publish", "rebase"):
            assert await other.post(draft, path, 404) == missing
        for method, path in (("DELETE", ""), ("DELETE", "/review"), ("GET", "/differences"), ("GET", "/sources/x")):
            assert await other.ask(method, f"{DRAFTS}/{draft['id']}{path}", status=404) == missing
        assert draft["id"] not in [each["id"] for each in (await other.ask("GET", DRAFTS))["items"]]
    await room.learner.begin(status=403)

    for user_id in ("learner", "outsider", "nobody-at-all"):
        unknown = await author.ask("POST", f"{DRAFTS}/{draft['id']}/editors", {"user_id": user_id}, 404)
        assert unknown["detail"] == "Account not found."
    draft = await author.ask("POST", f"{DRAFTS}/{draft['id']}/editors", {"user_id": "peer"})
    assert [each["user_id"] for each in draft["editors"]] == ["peer"]
    again = await author.ask("POST", f"{DRAFTS}/{draft['id']}/editors", {"user_id": "peer"})
    assert again["version"] == draft["version"]
    listed = {each["id"]: each for each in (await peer.ask("GET", DRAFTS))["items"]}
    assert (listed[draft["id"]]["mine"], listed[draft["id"]]["name"]) == (False, "Nina")
    draft = await peer.name(draft, "Ours")
    await peer.ask("DELETE", f"{DRAFTS}/{draft['id']}", status=403)
    await peer.ask("POST", f"{DRAFTS}/{draft['id']}/editors", {"user_id": "admin"}, 403)
    conflict = await author.change({**draft, "version": draft["version"] - 1}, FIRST, status=409)
    assert conflict["code"] == "version_conflict"
    assert conflict["draft"] == await author.read(draft)
    assert fields(conflict["draft"], "names") == [{"name": "Ours"}]
    left = await peer.ask("DELETE", f"{DRAFTS}/{draft['id']}/editors/{peer.profile_id}")
    assert left is None
    assert await peer.read(draft, 404) == missing
    await author.ask("DELETE", f"{DRAFTS}/{draft['id']}/editors/{peer.profile_id}", status=404)


async def test_where_two_must_agree_a_second_person_does_so_about_this_very_version(strict: House) -> None:
    async with AsyncExitStack() as stack:
        room = await _room(stack, strict.site, strict.process)
        author, peer = room.instructor, room.peer
        draft = await author.change(await author.begin(), FIRST, TOLD, SAID)
        assert draft["needs_approval"] is True
        assert (await author.post(draft, "publish", 409))["code"] == "approval_needed"
        draft = await author.post(draft, "review", note="Please look.")
        assert draft["review"]["version"] == draft["version"]
        assert (await author.post(draft, "approve", 403))["code"] == "forbidden"
        for other in (room.outsider, room.learner):
            await other.read(draft, 404)
            await other.post(draft, "approve", 404)
        seen = await peer.read(draft)
        assert seen["may"] == {"edit": False, "publish": False, "approve": True}
        assert (await peer.name(draft, "Mine", 403))["code"] == "forbidden"
        assert [each["id"] for each in (await peer.ask("GET", DRAFTS))["items"]] == [draft["id"]]
        await peer.post({**draft, "version": 1}, "approve", 409)
        draft = await peer.post(draft, "approve")
        assert (draft["review"]["approved"], draft["needs_approval"]) == (True, False)
        assert [(each["profile_id"], each["version"]) for each in draft["review"]["approvals"]] == [
            (peer.profile_id, draft["version"])
        ]
        shared = await author.ask("POST", f"{DRAFTS}/{draft['id']}/editors", {"user_id": "admin"})
        assert shared["review"]["approved"] is True, "who may write is no change of what is written"
        changed = await author.name(shared, "Another")
        assert (changed["review"]["approved"], changed["needs_approval"]) == (False, True)
        assert (await author.post(changed, "publish", 409))["code"] == "approval_needed"
        byadmin = await room.admin.name(changed, "Ours")
        assert (await room.admin.post(byadmin, "approve", 403))["code"] == "forbidden", "an editor wrote some of it"
        agreed = await peer.post(byadmin, "approve")
        site, peer_id = strict.site, peer.profile_id
        held = site.write(lambda tx: accounts.actor_by_id(tx, peer_id))
        own = held.department_ids if held is not None else frozenset[str]()
        for ends, again in (
            (partial(accounts.set_role, role="member"), partial(accounts.set_role, role="instructional")),
            (
                partial(accounts.set_account_departments, department_ids=()),
                partial(accounts.set_account_departments, department_ids=own),
            ),
        ):  # an approval counts as long as its approver might give it
            site.write(lambda tx, ends=ends: ends(tx, peer_id))
            now = await author.read(agreed)
            assert (now["review"]["approved"], now["needs_approval"], now["version"]) == (
                False,
                True,
                agreed["version"],
            )
            assert (await author.post(agreed, "publish", 409))["code"] == "approval_needed"
            site.write(lambda tx, again=again: again(tx, peer_id))
            assert (await author.read(agreed))["review"]["approved"] is True
        assert (await author.post(agreed, "publish"))["version"] == 1
        assert (await peer.ask("GET", f"{DRAFTS}/{draft['id']}"))["closed"] is True

        other = await author.begin()
        assert (await room.admin.ask("GET", f"{DRAFTS}/{other['id']}", status=404))["code"] == "not_found"
        asked = await author.post(other, "review")
        withdrawn = await author.ask("DELETE", f"{DRAFTS}/{other['id']}/review")
        assert (withdrawn["review"], withdrawn["version"]) == (None, asked["version"] + 1)
        await peer.read(other, 404)


async def test_drafts_are_bounded(strict: House) -> None:
    async with AsyncExitStack() as stack:
        author = (await _room(stack, strict.site, strict.process)).peer
        draft = await author.begin("document")
        second = await author.begin()
        assert (await author.begin(status=409))["code"] == "too_many_drafts"
        await author.ask("DELETE", f"{DRAFTS}/{second['id']}", status=204)
        long = {"op": "put", "type": "texts", "fields": {"text": "x" * 11_000}}
        assert (await author.change(draft, long, status=413))["code"] == "draft_too_large"
        one = {"op": "add", "type": "images", "fields": {"name": "One"}}
        assert (await author.change(draft, one, one, one, status=422))["errors"][0]["pointer"] == "/changes/2/type"
        assert await author.read(draft) == draft
