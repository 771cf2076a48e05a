"""Transport and handshake (Glow 2): who gets in, how, and what ends a connection."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest
import socketio
from socketio.exceptions import ConnectionError as ConnectionRefused

from parlour.accounts import actions as accounts
from parlour.kernel.ids import digest_of
from tests.harness.site import Site
from tests.harness.socket import Client
from tests.wire.house import House, wait_closed


async def refusal(url: str, auth: Mapping[str, object] | None) -> dict[str, object]:
    """The problem with which a CONNECT is refused; nothing may come before it."""
    heard: list[object] = []
    problems: list[dict[str, object]] = []
    client = socketio.AsyncClient(reconnection=False)
    client.on("*", lambda *args: heard.append(args))
    client.on("connect_error", problems.append)
    with pytest.raises(ConnectionRefused):
        await client.connect(url, auth=None if auth is None else dict(auth), transports=["websocket"], wait_timeout=60)
    await client.disconnect()
    assert heard == []
    found = problems[0]
    assert set(found) == {"message", "data"}
    problem = found["data"]
    assert isinstance(problem, dict)
    assert {"type", "title", "status", "detail", "code"} <= set(problem)
    assert found["message"] == problem["title"]
    return problem


@pytest.mark.case(1)
@pytest.mark.parametrize("transports", [["websocket"], ["polling"], ["polling", "websocket"]])
async def test_every_transport_reaches_the_confirmation(house: House, transports: list[str]) -> None:
    client = Client(house.url, house.site.tokens["learner"], transports=transports)
    async with client:
        event, (confirmed,) = client.heard[0]
        assert event == "connection_confirmed"
        stock: Any = client.io
        assert confirmed["sid"] == stock.get_sid()
        assert confirmed["profile_id"] == house.site.ids["learner"]
        assert confirmed["guest_id"] is None
        assert isinstance(confirmed["server_time"], float)
        assert await client.ok("attempt_leave", {"chat_id": confirmed["profile_id"]})
        if transports[-1] == "websocket":
            assert stock.transport() == "websocket"


@pytest.mark.case(1)
async def test_a_guest_is_told_to_be_one(own: Site) -> None:
    own.write(lambda tx: accounts.set_role(tx, own.ids["goer"], "guest"))
    process = own.start(GUESTS=True)
    async with Client(process.url, own.tokens["goer"]) as client:
        confirmed = client.payloads("connection_confirmed")[0]
        assert confirmed["guest_id"] == confirmed["profile_id"] == own.ids["goer"]


@pytest.mark.case(2)
async def test_good_credentials_are_accepted_in_every_form(house: House) -> None:
    token, account = house.site.tokens["learner"], house.site.ids["learner"]
    key = house.site.write(lambda tx: accounts.issue_session(tx, account, "api_key", "test", None))
    forms = [
        {"token": token},
        {"token": f"Bearer {token}"},
        {"token": f"bEaReR {token}"},
        {"token": key},
        {"apiKey": key},
        {"token": token, "apiKey": "constant"},
        {"token": token, "dialect": "klingon", "timestamp": 1},
    ]
    for auth in forms:
        async with house.raw() as raw:
            assert (await raw.connect(auth)).type == "0", auth
            assert (await raw.event("connection_confirmed")).payload["profile_id"] == account
    async with house.raw(headers={"Authorization": f"Bearer {token}"}) as raw:
        assert (await raw.connect({})).type == "0"


@pytest.mark.case(3, 14)
async def test_bad_credentials_get_a_problem_and_create_nothing(house: House) -> None:
    site = house.site
    gone = site.token("goer", "revoked")
    site.write(lambda tx: accounts.revoke_session(tx, digest_of(gone)))
    old = site.write(lambda tx: accounts.issue_session(tx, site.ids["goer"], "session", "old", -1))
    before = site.write(lambda tx: (len(accounts.list_accounts(tx)), tx.one("SELECT count(*) AS n FROM sessions")["n"]))
    bad = [None, {}, {"token": "wrong"}, {"token": ""}, {"token": 7}, {"token": gone}, {"apiKey": "constant"}]
    for auth in bad:
        problem = await refusal(house.url, auth)
        assert (problem["code"], problem["status"]) == ("unauthenticated", 401), auth
        assert problem["detail"] == "The token is not valid."
    assert (await refusal(house.url, {"token": old}))["detail"] == "The token has expired."
    after = site.write(lambda tx: (len(accounts.list_accounts(tx)), tx.one("SELECT count(*) AS n FROM sessions")["n"]))
    assert after == before


@pytest.mark.case(3, 8)
async def test_a_disabled_account_is_put_out_and_not_let_in_again(own: Site) -> None:
    process = own.start()
    async with Client(process.url, own.tokens["goer"]) as client:
        own.write(lambda tx: accounts.deactivate(tx, own.ids["goer"]))
        await wait_closed(client)
    problem = await refusal(process.url, {"token": own.tokens["goer"]})
    assert (problem["code"], problem["status"]) == ("account_disabled", 403)
    assert problem["detail"] == "This account is disabled."


@pytest.mark.case(5)
async def test_another_namespace_is_refused_and_unknown_query_parameters_do_no_harm(house: House) -> None:
    async with house.raw(path="/socket.io/?EIO=4&transport=websocket&timestamp=17&x=%20") as raw:
        await raw.ws.send("40/admin," + json.dumps({"token": house.site.tokens["learner"]}))
        refused = await raw.wait(lambda packet: packet.type == "4")
        assert refused.data["data"]["code"]
        raw.packets.clear()
        await raw.open(house.site.tokens["learner"])


@pytest.mark.case(5)
async def test_the_base_path_moves_sockets_and_pages_alike(own: Site) -> None:
    process = own.start(BASE_PATH="/teach")
    client = socketio.AsyncClient(reconnection=False)
    await client.connect(
        process.url,
        auth={"token": own.tokens["learner"]},
        socketio_path="/teach/socket.io",
        transports=["polling", "websocket"],
    )
    await client.disconnect()
    async with aiohttp.ClientSession(process.url) as http:
        async with http.get("/teach/healthz") as answer:
            assert answer.status == 200
        async with http.get("/socket.io/?EIO=4&transport=polling") as answer:
            assert answer.status == 404


@pytest.mark.case(6)
async def test_connections_of_one_account_live_side_by_side_up_to_the_maximum(own: Site) -> None:
    process = own.start(LIMITS__SOCKETS_PER_ACCOUNT_MAX=2)
    token = own.tokens["crowd"]
    async with Client(process.url, token) as one, Client(process.url, token) as other:
        problem = await refusal(process.url, {"token": token})
        assert (problem["code"], problem["status"]) == ("too_many_connections", 429)
        started = await one.ok("attempt_start", {"practice_id": own.practices["practice-single"]})
        for client in (one, other):
            await client.wait_for("attempt_chat_started", attempt_id=started["attempt_id"])
        await other.ok("attempt_join", {"chat_id": started["attempt_chat_id"]})
    async with Client(process.url, token):
        pass


@pytest.mark.case(7)
async def test_a_packet_that_is_too_large_closes_only_its_own_transport(house: House) -> None:
    async with house.client() as other:
        async with house.raw() as raw:
            await raw.open(house.site.tokens["learner"])
            await raw.ws.send("4" * 1_000_001)
            await asyncio.wait_for(raw.closed.wait(), 60)
        async with aiohttp.ClientSession(house.url) as http:
            async with http.get("/socket.io/?EIO=4&transport=polling") as answer:
                sid = json.loads((await answer.text())[1:])["sid"]
            url = f"/socket.io/?EIO=4&transport=polling&sid={sid}"
            async with http.post(url, data="4" * 1_000_001) as answer:
                assert answer.status == 400
            async with http.get(url) as answer:
                assert answer.status == 400
        assert (await other.ok("attempt_leave", {"chat_id": house.site.ids["learner"]}))["success"]


@pytest.mark.case(7)
async def test_attachments_count_towards_the_limit_of_a_packet(house: House) -> None:
    async with house.raw() as raw:
        await raw.open(house.site.tokens["learner"])
        holes = [{"_placeholder": True, "num": number} for number in range(2)]
        await raw.ws.send("452-" + json.dumps(["attempt_message", {"parts": holes}]))
        await raw.ws.send(b"\0" * 600_000)
        await raw.ws.send(b"\0" * 600_000)
        await asyncio.wait_for(raw.closed.wait(), 60)


def deep(levels: int) -> str:
    """A JSON object nested so many levels deep."""
    return '{"x":' * (levels - 1) + "{}" + "}" * (levels - 1)


@pytest.mark.case(7, 11)
async def test_malformed_payloads_are_refused_and_the_connection_stays(house: House) -> None:
    async with house.raw() as raw:
        await raw.open(house.site.tokens["learner"])
        odd = ["[[]]", '["text"]', "[7]", "[true]", "[null]", "[{},{}]", f"[{deep(33)}]", f"[{deep(5_000)}]"]
        for number, args in enumerate(odd):
            await raw.ws.send(f'42{number}["attempt_start",{args[1:]}')
            ack = await raw.wait(lambda packet, n=number: packet.type == "3" and packet.number == n)
            assert ack.payload["error"]["code"] == "invalid_request", args[:40]
        assert len([p for p in raw.events if p.name == "attempt_error"]) == len(odd)
        await raw.ws.send(f'4299["attempt_leave",{deep(32)}]')
        ack = await raw.wait(lambda packet: packet.number == 99)
        assert ack.payload["error"]["errors"][0]["pointer"] == "/chat_id"


@pytest.mark.case(8)
async def test_a_revoked_token_closes_its_connections_for_good(house: House) -> None:
    site = house.site
    token = site.token("goer", "to be revoked")
    async with house.raw() as raw:
        pid = (await raw.open(token)).data["pid"]
        offset = raw.events[0].offset
        site.write(lambda tx: accounts.revoke_session(tx, digest_of(token)))
        await asyncio.wait_for(raw.closed.wait(), 60)
        assert [packet.name for packet in raw.events] == ["connection_confirmed"]
        assert raw.packets[-1].type == "1"
    async with house.raw() as raw:
        refused = await raw.connect({"token": token, "pid": pid, "offset": offset})
        assert (refused.type, refused.data["data"]["code"]) == ("4", "unauthenticated")


@pytest.mark.case(8)
async def test_an_expired_token_closes_its_connections_in_time(house: House) -> None:
    site = house.site
    token = site.write(lambda tx: accounts.issue_session(tx, site.ids["goer"], "session", "short", 1))
    async with Client(house.url, token) as client:
        await wait_closed(client, 7)
