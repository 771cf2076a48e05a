"""P12: from the moment a right is withdrawn nothing comes any more, whatever is held: rooms, streams, links, drafts."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.kernel.ids import digest_of, named_id
from parlour.storage.tx import Tx
from tests.access.world import HOME, NO_CA, REUSE, SECRET, UPLOAD, add_account, populate, session_of
from tests.conftest import STORES, make_site
from tests.harness.site import Process, Site
from tests.harness.socket import Client
from tests.promises.figures import Figure
from tests.promises.waiting import eventually
from tests.wire.http_client import EVENTS, POLL, Stream
from tests.wire.raw import Raw

HOWS = ("cohort", "role", "disabled", "revoked")
PAT = named_id("access", "persona", "pat")
NEWS = "news-after-the-end"


def withdraw(site: Site, how: str) -> Callable[[Tx], object]:
    """What takes the right of the watcher of that name away."""
    watcher = site.ids[how]
    match how:
        case "cohort":
            taught = site.write(lambda tx: next(each for each in accounts.list_cohorts(tx) if each.name == "Taught"))
            return lambda tx: accounts.remove_from_cohort(tx, taught.cohort_id, watcher, "instructor")
        case "role":
            return lambda tx: accounts.set_role(tx, watcher, "member")
        case "disabled":
            return lambda tx: accounts.deactivate(tx, watcher)
        case _:
            return lambda tx: accounts.revoke_session(tx, digest_of(site.tokens[how]))


@pytest.fixture(params=STORES)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A site with an instructor of the owner's cohort for every way to lose the right."""
    made = make_site(request.param, tmp_path, request)
    populate(made)

    def hire(tx: Tx) -> None:
        here = accounts.list_departments(tx)[0].department_id
        taught = next(each for each in accounts.list_cohorts(tx) if each.name == "Taught")
        for how in HOWS:
            add_account(tx, made, NewAccount(user_id=how, name=how, role="instructional"), here)
            accounts.add_to_cohort(tx, taught.cohort_id, made.ids[how], "instructor")

    made.write(hire)
    yield made
    made.close()


@dataclass
class Watcher:
    """An instructor with everything that may be held: a socket, a stream, a poll, a link, a draft."""

    name: str
    raw: Raw
    http: httpx.AsyncClient
    pid: str
    offset: str
    stream: Stream
    polled: tuple[str, str]  # sid, offset
    link: str
    draft_id: str

    @property
    def came(self) -> str:
        """Everything that has come on the socket and on the stream."""
        return json.dumps([packet.data for packet in self.raw.packets]) + self.stream.body.decode()


async def watching(site: Site, process: Process, name: str, chat: str, template: str) -> Watcher:
    """Enter the chat in every way."""
    headers = {"authorization": f"Bearer {site.tokens[name]}"}
    http = httpx.AsyncClient(base_url=process.url, headers=headers, timeout=60, verify=NO_CA)
    raw = await Raw(process.url).__aenter__()
    pid = (await raw.open(site.tokens[name])).data["pid"]
    await raw.ok("attempt_join", {"chat_id": chat, "since": 0, "presence": True})
    heard = await raw.event("attempt_assistant_complete")
    sids = [(await session_of(http))["sid"] for _ in range(2)]
    for sid in sids:
        body = {"chat_id": chat, "presence": True}
        joined = await http.post("/socket/v5/client/attempt/join", params={"sid": sid}, json=body)
        assert joined.status_code == 200, joined.text
    request = http.build_request("GET", EVENTS, params={"sid": sids[0]})
    stream = Stream(await http.send(request, stream=True))
    polled = (await http.get(POLL, params={"sid": sids[1], "wait": "0"})).json()["next"]
    link = (await http.get(f"/api/v1/uploads/{UPLOAD}/ticket")).json()["url"]
    made = await http.post("/api/v1/drafts", json={"artifact_type": "chat", "artifact_id": template})
    assert made.status_code == 201, made.text
    assert heard.offset is not None
    return Watcher(name, raw, http, pid, heard.offset, stream, (sids[1], polled), link, made.json()["draft_id"])


async def reads(watcher: Watcher, attempt: str, chat: str) -> list[httpx.Response]:
    """Everything that may be read of the chat, by credential."""
    get = watcher.http.get
    sid, after = watcher.polled
    return [
        await get(f"/api/v1/attempts/{attempt}"),
        await get(f"/api/v1/attempts/{attempt}/export", params={"format": "markdown"}),
        await get("/api/v1/attempts/export", params={"format": "jsonl"}),
        await get("/api/v1/search", params={"q": NEWS}),
        await get(f"/api/v1/attempts/{attempt}/usage"),
        await get(f"/api/v1/chats/{chat}/grades"),
        await get(f"/api/v1/chats/{chat}/branches"),
        await get(f"/api/v1/chats/{chat}/presence"),
        await get(f"/api/v1/uploads/{UPLOAD}"),
        await get(POLL, params={"sid": sid, "after": after, "wait": "0"}),
        await watcher.http.post("/api/v5/artifacts/attempt/get", json={"attempt_id": attempt}),
        await watcher.http.patch(f"/api/v1/attempts/{attempt}", json={"is_archived": True}),
    ]


async def draft_tells(watcher: Watcher) -> str:
    """All that the held draft tells: read, and with a persona chosen."""
    read = await watcher.http.get(f"/api/v1/drafts/{watcher.draft_id}")
    persona = {"personas": [{"persona_id": PAT}]}
    body: dict[str, Any] = {"expected_version": 1, "values": persona}
    written = await watcher.http.patch(f"/api/v1/drafts/{watcher.draft_id}", json=body)
    return read.text + written.text


@pytest.mark.promise("P12")
@pytest.mark.case(8, 20)
async def test_nothing_comes_after_a_right_is_withdrawn(site: Site, figure: Figure) -> None:
    process = site.start()
    async with Client(process.url, site.tokens["owner"]) as owner:
        started = await owner.ok("attempt_start", {"home_id": site.homes[HOME]})
        template = (await owner.ok("attempt_start", {"home_id": site.homes[REUSE]}))["chat_entry_id"]
        attempt, chat = started["attempt_id"], started["attempt_chat_id"]
        await owner.ok("attempt_join", {"chat_id": chat})
        await owner.say(attempt, chat, "What have you tried so far?")
        watchers = [await watching(site, process, how, chat, template) for how in HOWS]
        for watcher in watchers:
            assert (await watcher.http.get(watcher.link)).status_code == 200
            site.write(withdraw(site, watcher.name))  # nothing waits: what is said next stands after it in the log
        await owner.say(attempt, chat, f"Who still hears the {NEWS}?")
        async with Client(process.url, site.tokens["owner"]) as other:
            await other.ok("attempt_join", {"chat_id": chat})
            lost = [each for each in watchers if gone(each)]
            await eventually(lambda: all(each.raw.closed.is_set() and each.stream.ended for each in lost))
            await asyncio.sleep(0.5)
            for watcher in watchers:
                await check(site, process, watcher, attempt, chat)
    figure(
        "P12",
        f"{len(HOWS)} ways to lose a right ({', '.join(HOWS)}), each with a socket, an event stream, a poll, a link to "
        "a file and a draft held: 0 events, texts or bytes afterwards, 0 rooms recovered",
    )


def gone(watcher: Watcher) -> bool:
    """Whether it may not even be connected any more."""
    return watcher.name in ("disabled", "revoked")


async def check(site: Site, process: Process, watcher: Watcher, attempt: str, chat: str) -> None:
    """Nothing of what came later is with the watcher, nor can be had."""
    assert NEWS not in watcher.came, watcher.name
    if gone(watcher):
        assert watcher.raw.closed.is_set()
        assert watcher.stream.ended
    for answer in await reads(watcher, attempt, chat):
        assert NEWS not in answer.text, (watcher.name, answer.url)
        assert attempt not in answer.text or answer.status_code == 404, (watcher.name, answer.url)
        expected = (401, 403) if gone(watcher) else (200, 404)
        assert answer.status_code in expected, (watcher.name, answer.url, answer.text)
    async with httpx.AsyncClient(base_url=process.url, verify=NO_CA, timeout=60) as nobody:
        linked = (await nobody.get(watcher.link)).status_code
    # Published files are for everybody who teaches; a link names the account, whichever session it was made in.
    assert linked == {"role": 404, "disabled": 401}.get(watcher.name, 200), (watcher.name, linked)
    assert SECRET not in await draft_tells(watcher), watcher.name
    async with Raw(process.url) as again:
        answer = await again.connect({"token": site.tokens[watcher.name], "pid": watcher.pid, "offset": watcher.offset})
        if gone(watcher):
            assert answer.type == "4"
        else:
            await again.event("connection_confirmed")
            await again.call("attempt_leave", {"chat_id": chat})
            assert not [event for event in again.logged if chat in json.dumps(event.payload)]
    watcher.raw.cut()
    await watcher.stream.aclose()
    await watcher.http.aclose()
