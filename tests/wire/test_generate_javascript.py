"""The unmodified socket.io-client from Node drives `generate`: streamed, cut and recovered, saved, cancelled."""

import asyncio
import json
from typing import Any

import pytest

from tests.harness.site import Site
from tests.promises.waiting import eventually
from tests.wire.stand_in import standing_in
from tests.wire.test_generate import check_calls
from tests.wire.test_generate_runs import answer, asked_for, told_of
from tests.wire.test_stock_javascript import JS

PEOPLE = {"instructor": ["websocket"], "teaching": ["polling"]}
PAST_THE_FIRST_PIECE = " She has been up since five." * 40
ENDS = {"generation_complete", "generation_error"}
pytestmark = pytest.mark.node


def write(body: dict[str, Any]) -> str:
    """What the model writes; a colour never ends."""
    asked = asked_for(body)
    if asked["type"] == "colors":
        return '{"description": "' + "Quiet. " * 100 + "…"
    if asked["type"] == "examples":
        return json.dumps({"example": f"I do not know.{PAST_THE_FIRST_PIECE[:450]}"})
    if asked["type"] == "instructions":
        return json.dumps({"template": f"You are Mira. You are shy.{PAST_THE_FIRST_PIECE}"})
    return answer(asked)


class Driven:
    """A running `generate.mjs`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    @classmethod
    async def begin(cls, node: str, **given: object) -> "Driven":
        pipe = asyncio.subprocess.PIPE
        script = str(JS / "generate.mjs")
        process = await asyncio.create_subprocess_exec(
            node, script, json.dumps(given), stdin=pipe, stdout=pipe, stderr=pipe, limit=2**22
        )
        return cls(process)

    async def cut(self) -> None:
        """Until it has been cut off."""
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), 60)
        assert line, (await self.process.communicate())[1].decode()
        assert json.loads(line) == {"cut": "forced close"}

    async def go_on(self) -> Any:
        """What it has found at its end."""
        out, errors = await asyncio.wait_for(self.process.communicate(b"back\n"), 70)
        assert self.process.returncode == 0, errors.decode()
        return json.loads(out)


@pytest.mark.case(38, 41, 103, 105, 107, 110)
async def test_the_stock_client_has_content_written_through_cuts_saves_cancels_and_is_refused(
    own: Site, node: str
) -> None:
    async with standing_in() as (model, providers):
        model.answers["author"] = write
        model.gate = asyncio.Event()
        process = own.start(PROVIDERS=providers, AUTHORING__MODEL="local:author")
        clients = {
            name: await Driven.begin(node, url=process.url, token=own.tokens[name], transports=transports)
            for name, transports in PEOPLE.items()
        }
        await asyncio.gather(*(each.cut() for each in clients.values()))
        model.gate.set()
        await eventually(lambda: len(saved_runs(own)) == len(PEOPLE))  # all the rest is told while they are away
        found = await asyncio.gather(*(each.go_on() for each in clients.values()))
        for each in found:
            check(each)
        earlier = [asked_for(body) for body in model.asked if asked_for(body)["type"] == "examples"]
        assert earlier
        assert all("Somebody shy." in json.dumps(each) for each in earlier)
        for name, each in zip(PEOPLE, found, strict=True):
            for run in each["runs"].values():
                logged = [kind for kind, _ in told_of(own, name, run["run_id"])]
                heard = [event for event in each["events"] if event["payload"].get("run_id") == run["run_id"]]
                assert len(heard) == len(logged), "what is in the store was told, once"


def saved_runs(site: Site) -> list[str]:
    """The runs that have saved something."""
    rows = site.database().read_here(lambda tx: tx.all("SELECT body FROM events WHERE kind = 'GenerationCompleted'"))
    return [json.loads(row["body"])["run_id"] for row in rows]


def check(found: Any) -> None:
    """Everything came once and in order through two cuts, and each run had its one end."""
    events, runs = found["events"], found["runs"]
    assert found["connects"] == [False, True, True]
    metas = [event["payload"]["_meta"] for event in events if "seq" in event["payload"]["_meta"]]
    assert len({meta["id"] for meta in metas}) == len(metas)
    places = [meta["seq"] for meta in metas]
    assert places == list(range(places[0], places[0] + len(places)))
    heard = {
        name: [(e["name"], e["payload"]) for e in events if e["payload"].get("run_id") == run["run_id"]]
        for name, run in runs.items()
    }
    for told in heard.values():
        check_calls(told)
        assert told[0][0] == "generation_progress"
        assert [name for name, _ in told if name in ENDS] == [told[-1][0]]
    assert {run["group_id"] for run in runs.values()} == {runs["saved"]["group_id"]}
    assert {payload["group_id"] for told in heard.values() for _, payload in told} == {runs["saved"]["group_id"]}
    whole = heard["saved"]
    assert [name for name, _ in whole[-2:]] == ["generation_saved", "generation_complete"]
    assert {payload["artifact_id"] for _, payload in whole[-2:]} == {found["artifact_id"]}
    told = [payload for name, payload in whole if name.startswith("instructions_generation_")]
    assert len([payload for payload in told if "arguments_delta" in payload]) >= 2
    pieces = "".join(payload.get("arguments_delta", "") for payload in told)
    assert json.loads(pieces)["template"] == told[-1]["template"]
    assert runs["more"]["draft_id"] != runs["saved"]["draft_id"]
    assert (heard["endless"][-1][1]["code"], found["refused"]["error"]["code"]) == (
        "cancelled",
        "unknown_artifact_type",
    )
