"""The embedded model through the public edge: flows of section 17 in words of B.3 (lab protocol E1, E8, E11, E13)."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from parlour.settings.lab import Arxiv, Lab, McpServer
from tests.fakes.arxiv import FakeArxiv, fake_arxiv, pdf_of
from tests.harness.site import Site
from tests.lab.field import FieldClient
from tests.lab.house import LabHouse, new_member, serving_here

NOTES = "The contact resistance of gold on MoS2 is 2 kOhm um.\n\n退火温度为 350 度。\n"


@pytest.fixture(scope="module")
def stage_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stage") / "at.json"


@pytest.fixture(scope="module")
def house(lab_site: Site, stage_file: Path) -> Iterator[LabHouse]:
    stage = McpServer.model_validate(
        {
            "command": [sys.executable, "-m", "parlour", "mcp", "stage", "--file", str(stage_file)],
            "rules": [
                {"tool": "status", "policy": "auto"},
                {"tool": "move", "when": {"mm": {"max": 0.5}}, "policy": "ask"},
                {"tool": "move", "policy": "deny"},
                {"tool": "home", "policy": "deny"},
            ],
        }
    )
    with serving_here(lab_site, lab=Lab(mcp={"stage": stage}, arxiv=Arxiv(enabled="off"))) as house:
        yield house


@pytest.fixture
async def client(house: LabHouse) -> AsyncIterator[FieldClient]:
    member = house.member()
    async with FieldClient(house.url, member.user_id, headers=member.headers) as made:
        yield made


@pytest.mark.lab("E1")
async def test_flow_2_an_experiment_is_created_in_two_parts(client: FieldClient) -> None:
    collect = await client.ask("create experiment")
    assert collect["question"]["kind"] == "collect"
    rest = await client.ask("experiment_name: Contacts")
    assert [field["key"] for field in rest["question"]["fields"]] == ["experiment_description"]
    verify = await client.ask("Gold on MoS2")
    assert verify["question"]["kind"] == "verify"
    authorize = await client.ask("ok")
    assert authorize["question"]["kind"] == "authorize"
    final = await client.ask("好的")
    assert (final["inner_chat"], final["error"]) == (False, None)
    assert "Contacts was created" in final["reply_text"]
    listed = await client.ask("list my experiments")
    assert "- Contacts" in listed["reply_text"]


@pytest.mark.lab("E1", "D3")
async def test_flows_3_and_4_given_up_and_refused_nothing_is_created(client: FieldClient) -> None:
    await client.ask("create experiment")
    final = await client.ask("forget it")
    assert "nothing was done" in final["reply_text"]
    await client.ask("create a new experiment called X with the description Y")
    await client.ask("yes")
    final = await client.ask("no")
    assert final["reply_text"].startswith("Not done: experiment_create. Refused by the person.")
    assert "There are no experiments." in (await client.ask("list my experiments"))["reply_text"]


@pytest.mark.lab("E1", "E14")
async def test_flow_5_a_log_entry_with_nothing_set_up_takes_eight_inner_replies(client: FieldClient) -> None:
    kinds: list[str] = []
    reply = await client.ask("record: the pump is on")
    answers = ["name: Pumps\ndescription: About pumps", "yes", "yes", "1", "yes", "2 h", "yes", "yes"]
    for answer in answers:
        kinds.append(reply["question"]["kind"])
        reply = await client.ask(answer)
    assert kinds == ["collect", "verify", "authorize", "select", "verify", "collect", "verify", "authorize"]
    assert "The entry was added to the log of Pumps." in reply["reply_text"]
    found = await client.ask("experiment logs about pump")
    assert "“the pump is on” (Pumps" in found["reply_text"]


@pytest.mark.lab("E1")
async def test_flow_6_advice_is_a_new_instruction(client: FieldClient) -> None:
    first = await client.ask("What about gold?", enable_instruct=True)
    assert first["question"]["kind"] == "instruct"
    assert "I will look for this" in first["question"]["text"]
    second = await client.ask("list my experiments", enable_instruct=True)
    assert second["question"]["kind"] == "instruct"
    final = await client.ask("what time is it?", enable_instruct=False)
    assert "UTC" in final["reply_text"]


@pytest.mark.lab("E1", "E4")
async def test_flow_7_a_comment_leads_to_a_second_step(client: FieldClient) -> None:
    first = await client.ask("list my experiments", enable_comment=True)
    assert first["question"]["kind"] == "comment"
    second = await client.ask("list my papers", enable_comment=True)
    assert second["question"]["kind"] == "comment"
    final = await client.ask("no comment", enable_comment=False)
    assert "There are no recent papers." in final["reply_text"]


@pytest.mark.lab("E13")
async def test_a_file_is_quoted_with_its_source_the_same_each_time_and_in_chinese(client: FieldClient) -> None:
    client.send_file("notes.txt", NOTES.encode(), "What is the contact resistance of gold on MoS2?")
    first = await client.next_reply()
    assert "“The contact resistance of gold on MoS2 is 2 kOhm um." in first["reply_text"]
    assert "(notes.txt" in first["reply_text"]
    assert list(first["references"].values()) == [len(NOTES.encode())]
    client.send_file("笔记.txt", NOTES.encode(), "退火温度是多少？")
    second = await client.next_reply()
    assert "退火温度为 350 度。" in second["reply_text"]
    assert second["reply_text"].startswith("我找到了以下内容：")
    nothing = await client.ask("How tall is the Eiffel tower?")
    assert nothing["reply_text"].startswith("I found nothing about this in")
    assert nothing["references"] == {}


@pytest.mark.lab("E1")
async def test_flow_10_a_pdf_is_added_after_a_yes(client: FieldClient) -> None:
    body = pdf_of("2401.00002v2")
    client.send_file("annealing.pdf", body, "add this paper to my papers")
    asked = await client.next_reply()
    assert asked["question"]["kind"] == "authorize"
    final = await client.ask("ok")
    assert list(final["references"].values()) == [len(body)]
    assert "added to the recent papers" in final["reply_text"]
    assert "Annealing" in (await client.ask("summarise annealing"))["reply_text"]


@pytest.mark.lab("E8")
async def test_an_instrument_moves_by_rule_and_yes(client: FieldClient, house: LabHouse) -> None:
    await _until_listed(house)
    status = await client.ask("run stage status")
    before = _moves(status)
    asked = await client.ask("run stage move axis=x mm=0.3")
    assert asked["question"]["operation"]["arguments"] == {"axis": "x", "mm": 0.3}
    moved = await client.ask("yes")
    assert "moved x by 0.3 mm" in moved["reply_text"]
    refused = await client.ask("run stage move axis=x mm=3")
    assert "policy denies this" in refused["reply_text"]
    assert "not there now" in (await client.ask("run stage home"))["reply_text"]
    await client.ask("执行 stage move mm=0.2")
    axis = await client.ask("yes")
    assert axis["question"]["kind"] == "collect"
    assert "Which axis should move?" in axis["reply_text"]
    again = await client.ask("axis: y")
    assert again["question"]["operation"]["arguments"] == {"axis": "y", "mm": 0.2}
    refused = await client.ask("no")
    assert refused["reply_text"].startswith("没有执行")
    assert _moves(await client.ask("run stage status")) == before + 1


async def _until_listed(house: LabHouse) -> None:
    async with asyncio.timeout(60):
        while not house.parlour.laboratory.servers.offered():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def _moves(reply: dict[str, Any]) -> int:
    return int(reply["reply_text"].split(" moves so far")[0].rsplit(" ", 1)[1])


async def test_arxiv_switched_off_is_said_clearly(client: FieldClient) -> None:
    final = await client.ask("search arxiv for gold")
    assert "switched off here or cannot be reached" in final["reply_text"]


@pytest.mark.lab("E1", "E11")
async def test_flow_9_arxiv_from_words_to_a_file(own_lab: Site) -> None:
    async with fake_arxiv() as fake:
        await asyncio.to_thread(_serve_and_tell, own_lab, fake)


def _serve_and_tell(site: Site, fake: FakeArxiv) -> None:
    arxiv = Arxiv(enabled="on", base_url=fake.url, request_seconds_between=0)
    with serving_here(site, lab=Lab(arxiv=arxiv)) as house:
        asyncio.run(_flow_9(house))


async def _flow_9(house: LabHouse) -> None:
    member = house.member()
    async with FieldClient(house.url, member.user_id, headers=member.headers) as client:
        select = await client.ask("search for gold contacts on arxiv")
        assert select["question"]["kind"] == "select"
        assert "2. Annealing of gold contacts" in select["extra_info"]
        authorize = await client.ask("2")
        assert authorize["question"]["operation"]["arguments"]["titles"] == ["Annealing of gold contacts"]
        final = await client.ask("yes")
        assert list(final["references"].values()) == [len(pdf_of("2401.00002v2"))]
        await client.ask("search for gold contacts on arxiv")
        nothing = await client.ask("none")
        assert "nothing was downloaded" in nothing["reply_text"]


@pytest.mark.lab("D7", "E8")
async def test_flow_21_a_call_that_waits_for_a_yes_is_made_once_after_a_restart(own_lab: Site, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "parlour", "mcp", "stage", "--file", str(tmp_path / "at.json")]
    settings = Lab(mcp={"stage": McpServer(command=tuple(command))}, arxiv=Arxiv(enabled="off"))
    member = new_member(own_lab)
    with serving_here(own_lab, lab=settings) as house:
        async with FieldClient(house.url, member.user_id, headers=member.headers) as client:
            await _until_listed(house)
            asked = await client.ask("run stage move axis=x mm=0.3")
            assert asked["question"]["kind"] == "authorize"
    with serving_here(own_lab, lab=settings) as house:
        async with FieldClient(house.url, member.user_id, headers=member.headers, inner=True) as client:
            moved = await client.ask("yes", seconds=60)
            assert "moved x by 0.3 mm" in moved["reply_text"]
            assert "1 moves so far" in moved["reply_text"]
