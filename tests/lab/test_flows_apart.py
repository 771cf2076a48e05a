"""Flows of section 17 in which a file, time, speech, a second account or a broken connection plays a part."""

import asyncio
import io
import json
import socket
import struct
import wave
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.conftest import STORES, make_site
from tests.fakes.arxiv import pdf_of
from tests.harness.site import Site
from tests.lab.flow_scripts import write_story
from tests.lab.flows import Flow
from tests.lab.scene import Scene, scene_on

HOUR_MS = 3_600_000
PDF = pdf_of("2401.00002v2")


@pytest.fixture(scope="module")
def scene(lab_site: Site) -> Iterator[Scene]:
    """A server that can be killed, on each store, with the played turns."""
    with scene_on(lab_site, lab__script=write_story(lab_site.folder)) as made:
        yield made


@pytest.fixture
async def flow(scene: Scene) -> AsyncIterator[Flow]:
    """A flow of a new member; its events are checked at the end."""
    made = Flow(scene, scene.member())
    yield made
    await made.close()


@pytest.fixture(params=STORES)
def timed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    """A scene of one test's own, whose clock may be moved far."""
    site = make_site(request.param, tmp_path, request)
    with scene_on(site, lab__script=write_story(tmp_path)) as made:
        yield made
    site.close()


def noise(seconds: float = 0.3) -> bytes:
    """A recording in which nobody speaks."""
    kept = io.BytesIO()
    with wave.open(kept, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(b"\0\0" * round(16_000 * seconds))
    return kept.getvalue()


@pytest.mark.lab("E1", "F1", "C14")
async def test_flow_10_a_pdf_is_added_and_downloaded(flow: Flow) -> None:
    await flow.upload("论文.pdf", PDF, "add this paper to my papers")
    asked = await flow.asked("authorize")
    assert "论文.pdf" in asked["text"]
    assert str(flow.scene.site.folder) not in json.dumps(asked)
    await flow.scene.restart()
    await flow.say("ok")
    [(handle, size)] = (await flow.final())["references"].items()
    fetched = await flow.call("POST", "files/bytes", json={"filepath": handle})
    assert (fetched.status_code, fetched.content) == (200, PDF)
    assert (int(fetched.headers["content-length"]), fetched.headers["content-type"]) == (size, "application/pdf")


@pytest.mark.lab("C7")
async def test_flow_14_two_turns_without_polling(timed: Scene) -> None:
    flow = Flow(timed, timed.member())
    for _ in range(2):
        await flow.start("plain, please")
        await flow.until("IDLE")
    await timed.restart()
    assert (await flow.final("A plain answer."))["pending"] == 1
    await flow.final("A plain answer.")
    await flow.close()
    late = Flow(timed, timed.member())
    await late.start("plain, please")
    await late.until("IDLE")
    timed.clock.go_to(timed.clock.now_ms() + 121_000)
    await late.start("think of nothing that is known")
    second = await late.final()
    assert "A plain answer." in second["extra_info"]
    first = await late.poll(after="0")
    assert first["reply_text"] == "A plain answer."
    assert (await late.poll(after=first["message_id"]))["message_id"] == second["message_id"]
    late.skipped.add(first["message_id"])
    await late.close()


@pytest.mark.lab("C6")
async def test_flow_15_an_overtaken_poll(flow: Flow) -> None:
    await flow.start("set up an experiment")
    await flow.asked("collect")
    poll = asyncio.create_task(flow.poll())
    await asyncio.sleep(0.2)
    await flow.say("forget it")
    found = await poll
    assert found["message_id"] not in flow.delivered
    if found["valid"]:
        flow.delivered.append(found["message_id"])
    else:
        await flow.final()


@pytest.mark.lab("C3", "B8")
async def test_flow_16_dropped_connections(flow: Flow) -> None:
    flow.taken(await flow.call("POST", "chat_text", json={"text": "plain, please"}), "started")
    await flow.until("IDLE")
    await asyncio.to_thread(drop, flow, "GET", "response?wait=5", b"")
    final = await flow.final("A plain answer.")
    body = json.dumps({"text": "plain again"}).encode()
    await asyncio.to_thread(drop, flow, "POST", "chat_text", body)
    async with asyncio.timeout(60):
        while (await flow.get("conversation"))["messages"][-1]["message_id"] == final["message_id"]:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await flow.scene.restart()
    keyed = {"idempotency-key": "16"}
    again = await flow.call("POST", "chat_text", json={"text": "plain again"}, headers=keyed)
    assert again.headers["idempotency-replayed"] == "true"
    await flow.final("A plain answer.")
    said = [each for each in (await flow.get("messages"))["messages"] if each["role"] == "person"]
    assert [each["text"] for each in said] == ["plain, please", "plain again"]


def drop(flow: Flow, method: str, route: str, body: bytes) -> None:
    """Send a request and break the connection off: a GET in its body, a POST at once."""
    kind = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nIdempotency-Key: 16\r\n" if body else ""
    head = f"{method} {flow.at}{route} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {flow.member.token}\r\n{kind}\r\n"
    with socket.create_connection(("127.0.0.1", flow.scene.child.port), timeout=60) as line:
        line.sendall(head.encode() + body)
        if not body:
            got = b""
            while b"\r\n\r\n" not in got:
                got += line.recv(1)
            line.recv(20)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            line.shutdown(socket.SHUT_WR)


@pytest.mark.lab("E7")
async def test_flow_17_two_accounts(flow: Flow) -> None:
    await flow.start("make it")
    await flow.asked("verify")
    lin = Flow(flow.scene, flow.scene.member())
    for _ in range(2):
        await lin.start("plain, please")
        await lin.final("A plain answer.")
    await lin.start("create an experiment called Anneal with the description mine")
    await lin.asked("verify")
    await lin.say("yes")
    await lin.asked("authorize")
    await lin.say("yes")
    await lin.final()
    await lin.close()
    await flow.say("yes")
    asked = await flow.asked("authorize")
    assert asked["operation"]["arguments"]["experiment_description"] == "Heat it."
    await flow.say("no")
    await flow.final()
    assert (flow.scene.count("experiments", flow.member), flow.scene.count("experiments", lin.member)) == (0, 1)


@pytest.mark.lab("G3")
async def test_flow_18_speech_is_answered_in_any_case(flow: Flow) -> None:
    sent = await flow.call("POST", "chat_speech", files={"file": ("speech.wav", noise())}, data={"file_suffix": ".wav"})
    flow.taken(sent, "started")
    final = await flow.reply()
    assert (final["valid"], final["inner_chat"]) == (True, False)
    assert final["error"].startswith("speech_")
    assert final["reply_text"]


@pytest.mark.lab("G3", "D2")
async def test_flow_19_speech_that_is_not_understood_answers_nothing(flow: Flow) -> None:
    await flow.start("create an experiment called X with the description Y")
    await flow.asked("verify")
    await flow.say("yes")
    first = await flow.asked("authorize")
    sent = await flow.call("POST", "inner_chat_speech", files={"file": ("speech.wav", noise())})
    flow.taken(sent, "answering")
    await flow.scene.restart()
    again = await flow.reply()
    assert again["question"]["question_id"] == first["question_id"]
    assert again["error"].startswith("speech_")
    assert flow.scene.count("experiments", flow.member) == 0
    await flow.say("yes")
    await flow.final()
    assert flow.scene.count("experiments", flow.member) == 1


@pytest.mark.lab("D6", "X4")
@pytest.mark.parametrize("down", [False, True], ids=["up", "down at the deadline"])
async def test_flow_20_silence(timed: Scene, down: bool) -> None:
    asking = [
        ("create an experiment called X with the description Y", ("yes",), {}, "question_expired"),
        ("set up an experiment", (), {}, "question_expired"),
        ("two steps", (), {"enable_instruct": True}, None),
        ("two steps", (), {"enable_comment": True}, None),
    ]
    flows: list[Flow] = []
    for words, answers, flags, _ in asking:
        flow = Flow(timed, timed.member())
        await flow.start(words, **flags)
        await flow.reply()
        for each in answers:
            await flow.say(each)
            await flow.reply()
        flows.append(flow)
    ahead = timed.clock.now_ms() + 73 * HOUR_MS
    if down:
        await asyncio.to_thread(timed.kill)
        timed.clock.go_to(ahead)
        await asyncio.to_thread(timed.again)
    else:
        timed.clock.go_to(ahead)
    for flow, (*_, error) in zip(flows[:2], asking[:2], strict=True):
        await flow.final(error=error)
        await flow.close()
    for flow, kind in zip(flows[2:], ("instruct", "comment"), strict=True):
        await flow.asked(kind)
        await flow.say("continue", enable_instruct=False, enable_comment=False)
        await flow.final("Both were looked at.")
        await flow.close()
    assert [timed.count("experiments", flow.member) for flow in flows] == [0, 0, 0, 0]


@pytest.mark.lab("E5")
async def test_flow_25_the_model_is_down(flow: Flow) -> None:
    await flow.start("break down")
    final = await flow.final(error="model_unavailable")
    assert "language model does not answer" in final["reply_text"]
    await flow.start("plain, please")
    await flow.final("A plain answer.")
