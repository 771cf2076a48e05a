"""The laboratory's tools for other programs: the SDK's own client, over HTTP and over stdio (lab protocol 8.1)."""

import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.types import TextContent

from parlour.accounts import actions as accounts
from parlour.app import Parlour
from parlour.assistant.experiments import actions as experiments
from parlour.assistant.experiments.entities import NewEntry, NewExperiment
from parlour.assistant.messages import members
from parlour.assistant.tools.built_in import BuiltInNeed, BuiltInTools
from parlour.assistant.tools.ports import Policy
from parlour.assistant.tools.registry import Toolbox
from parlour.cli.mcp import NoReader
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import ProviderFault
from parlour.providers.mcp.servers import McpServers, Patience
from parlour.settings.lab import McpServer
from parlour.storage.tx import Tx
from parlour.wire.mcp.http import McpHttp, McpHttpNeed, mcp_route
from parlour.wire.mcp.offering import OfferNeed
from tests.harness.site import Site
from tests.lab.house import LabHouse, Member, new_member, serving_here

READING = [
    "experiment_list",
    "experiment_log_search",
    "instrument_search",
    "recent_paper_search",
    "shared_paper_search",
]


def _furnish(parlour: Parlour, made: list[McpHttp], allowed: dict[str, Policy]) -> None:
    offer = OfferNeed(
        store=parlour.database,
        toolbox=Toolbox([BuiltInTools(BuiltInNeed(reader=NoReader()))], allowed),
        allowed=allowed,
        new_id=parlour.ids.new,
    )
    made.append(McpHttp(McpHttpNeed(offer=offer, authenticator=parlour.authenticator, count=lambda _: None)))
    parlour.app.router.routes.insert(0, mcp_route(made[0]))


@pytest.fixture(scope="module")
def house(lab_site: Site) -> Iterator[LabHouse]:
    made: list[McpHttp] = []
    with serving_here(lab_site, lambda parlour: _furnish(parlour, made, {"experiment_log_add": "auto"})) as house:
        yield house
        house.here.run(made[0].stop())


def _log(site: Site, member: Member, text: str, *, current: bool = False) -> None:
    def write(tx: Tx) -> None:
        account_id = members.member(tx, AccountId(member.account_id)).account_id
        made = experiments.create(tx, NewExperiment(account_id=account_id, name="Contacts", description=""))
        experiments.add_entry(tx, NewEntry(experiment_id=made.id, author_id=account_id, text=text))
        if current:
            experiments.set_current(tx, account_id, made.id, 3_600)

    site.write(write)


@asynccontextmanager
async def _client(house: LabHouse, member: Member) -> AsyncGenerator[Client]:
    async with (
        create_mcp_http_client(headers=member.headers) as http,
        Client(streamable_http_client(f"{house.url}/mcp", http_client=http)) as client,
    ):
        yield client


def _text(result: Any) -> str:
    (block,) = result.content
    assert isinstance(block, TextContent)
    return block.text


async def test_a_member_finds_its_own_entries_and_nobody_elses(house: LabHouse, lab_site: Site) -> None:
    ada, lin = house.member(), house.member()
    _log(lab_site, ada, "The annealing ran at 350 degrees.")
    _log(lab_site, lin, "The canary entry about annealing of lin.")
    async with _client(house, ada) as client:
        listed = await client.list_tools()
        assert sorted(tool.name for tool in listed.tools) == sorted([*READING, "experiment_log_add"])
        found = await client.call_tool("experiment_log_search", {"query": "annealing"})
        assert "The annealing ran at 350 degrees." in _text(found)
        assert "canary" not in _text(found)
        assert not found.is_error
        assert found.structured_content["references"][0]["experiment"] == "Contacts"
        assert _text(await client.call_tool("experiment_list", {})) == "- Contacts"


async def test_what_would_ask_or_is_not_offered_does_nothing(house: LabHouse, lab_site: Site) -> None:
    ada, lin = house.member(), house.member()
    _log(lab_site, lin, "First.", current=True)
    async with _client(house, ada) as client:
        asks = await client.call_tool("experiment_log_add", {"text": "x"})
        assert (asks.is_error, asks.structured_content["status"]) == (True, "abandoned")
        for name in ("experiment_create", "recent_paper_add", "chat_history_search", "none"):
            assert (await client.call_tool(name, {})).is_error
        other = await client.call_tool("experiment_log_search", {"query": "x", "user_id": lin.user_id})
        assert other.is_error
    async with _client(house, lin) as client:
        added = await client.call_tool("experiment_log_add", {"text": "Added by a program."})
        assert not added.is_error, _text(added)
        assert "Added by a program." in _text(await client.call_tool("experiment_log_search", {"query": "program"}))


async def test_only_a_token_that_holds_comes_in(house: LabHouse) -> None:
    member = house.member()
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accept = {"accept": "application/json, text/event-stream"}
    async with httpx.AsyncClient(base_url=house.url, headers=accept, timeout=60) as http:
        for headers in ({}, {"authorization": "Bearer pl_none"}, {"cookie": f"parlour_session={member.token}"}):
            answer = await http.post("/mcp", json=body, headers=headers)
            assert answer.status_code == 401
            assert answer.headers["content-type"] == "application/problem+json"
        assert (await http.get("/mcp", headers=member.headers)).status_code == 405
        large = await http.post("/mcp", content=b"x" * 1_200_000, headers=member.headers)
        assert large.status_code in (413, 400)
    house.write(lambda tx: accounts.deactivate(tx, member.account_id))
    with pytest.raises((MCPError, httpx.HTTPError, ExceptionGroup)):
        async with _client(house, member) as client:
            await client.list_tools()


async def test_our_own_client_connects_over_http_only_with_a_token_and_to_no_link_local_address(
    house: LabHouse, lab_site: Site
) -> None:
    ada = house.member()
    _log(lab_site, ada, "The annealing ran at 350 degrees.")
    here = {"url": f"{house.url}/mcp", "timeout_seconds": 60}
    configured = {
        "good": McpServer.model_validate({**here, "headers": {"Authorization": f"Bearer {ada.token}"}}),
        "stranger": McpServer.model_validate(here),
        "clouds": McpServer.model_validate({"url": "http://169.254.169.254/mcp"}),
        "gone": McpServer.model_validate({"url": "http://127.0.0.1:9/mcp"}),
    }
    servers = McpServers(configured, Patience(first_seconds=0.1, starting_seconds_max=60.0))
    servers.start()
    found = await servers.call("good", "experiment_log_search", {"query": "annealing"}, ())
    assert (found.state, "350 degrees" in found.text) == ("done", True)
    assert {tool.server for tool in servers.offered()} == {"good"}
    for name in ("stranger", "clouds", "gone"):
        with pytest.raises(ProviderFault, match="is not connected; nothing was done"):
            await servers.call(name, "experiment_list", {}, ())
    await servers.stop()


async def test_over_stdio_with_the_rights_of_one_account(own_lab: Site) -> None:
    ada, lin = new_member(own_lab), new_member(own_lab)
    _log(own_lab, ada, "The annealing ran at 350 degrees.")
    _log(own_lab, lin, "The canary entry about annealing of lin.")
    place = ["--data", str(own_lab.folder / "data"), "--database-url", own_lab.url]
    serve = StdioServerParameters(
        command=sys.executable, args=["-m", "parlour", "mcp", "serve", "--user", ada.user_id, *place]
    )
    async with Client(serve) as client:
        assert sorted(tool.name for tool in (await client.list_tools()).tools) == READING
        found = _text(await client.call_tool("experiment_log_search", {"query": "annealing"}))
        assert "350 degrees" in found
        assert "canary" not in found
