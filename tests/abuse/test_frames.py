"""P20: frames that no client would send. The server stays well, and its log stays short."""

import asyncio
import json
import random
from collections import Counter
from pathlib import Path

import aiohttp
import pytest
import websockets

from tests.conftest import make_site
from tests.harness.socket import Client
from tests.promises.figures import Figure
from tests.promises.nursery import Child, Nursery

Frame = str | bytes
NUMBERS = ("-1", "99999999999999999999", "1.5", "01", "٣", "")
PLACES = ("/", "/admin,", "/,", "/" + "x" * 300 + ",", "?x=1,")


def event_bodies() -> list[str]:
    """What may follow `42`: JSON that is none, or no event, or too deep."""
    events = [
        "[]",
        "{}",
        "null",
        "[null]",
        "[1]",
        "[{}]",
        "[[]]",
        '["attempt_message"',
        '["attempt_message",]',
        '"x"',
        "[1e999]",
    ]
    events += ['["attempt_message",{"attempt_id":NaN}]', '["attempt_message",{},{},{}]', '["' + "n" * 5000 + '"]']
    events += [
        '["connect",{}]',
        '["disconnect",{}]',
        '["__proto__",{}]',
        '["attempt_message",null]',
        '["attempt_message",[]]',
    ]
    events += [
        '["attempt_message",{"message":"\\ud800"}]',
        '["attempt_join",{"chat_id":"\\u0000"}]',
        '[""]',
        '["attempt_message",true]',
    ]
    events += [
        f'["attempt_start",{{"practice_id":{value}}}]'
        for value in ("1", "[]", "{}", "true", '""', '"' + "9" * 400 + '"')
    ]
    deep = [f'["attempt_message",{"[" * depth}{"]" * depth}]' for depth in (33, 500, 5_000, 100_000)]
    deep += [
        f'["attempt_message",{"{" + chr(34) + "a" + chr(34) + ":"}' * 3,
        '["attempt_message",' + '{"a":' * 20_000 + "1" + "}" * 20_000 + "]",
    ]
    return [*events, *deep]


def packets() -> list[Frame]:
    """What goes into one WebSocket message each, after a good handshake."""
    engine = [*("0123456789abc xyz{}[]\x00\x7fé\U0001f600"), "", "99", "2probe" * 50, "5" * 1000, "6", "1", "b4"]
    socket = [f"4{kind}{place}" for kind in range(10) for place in PLACES]
    socket += [f'42{number}["attempt_message",{{}}]' for number in NUMBERS]
    bodies = event_bodies()
    socket += [f"42{body}" for body in bodies] + [f"427{body}" for body in bodies]
    attachments = [
        "451-",
        "450-[]",
        "45-[]",
        "459999999-[]",
        '451-["attempt_message",{"_placeholder":true,"num":0}]',
        "45x-[]",
    ]
    attachments += ['451-["attempt_message",{"_placeholder":true,"num":7}]', '451-["x",{"_placeholder":true,"num":-1}]']
    attachments += ['452-["x",{"_placeholder":true,"num":"0"}]', "461-[]", '461-7["x"]', "4512345678901234567890-[]"]
    binary: list[Frame] = [b"", b"\x00", b"\xff" * 100, b"4" * 1000, bytes(range(256))]
    huge = ['42["attempt_message",{"message":"' + "x" * size + '"}]' for size in (40_000, 900_000, 1_100_000)]
    answers = [
        "430[]",
        "43[]",
        "4399999999999[1]",
        "43x",
        "40{}",
        '40{"token":1}',
        "40" + "{" * 500,
        "44{}",
        "41",
        "41/x,",
    ]
    return [*engine, *socket, *attachments, *binary, *huge, *answers]


def noise(count: int) -> list[Frame]:
    """Good packets with some of their characters changed."""
    chance = random.Random(20)
    good = [
        '427["attempt_message",{"attempt_id":"a","message":"hi"}]',
        '40{"token":"x"}',
        '451-["x",{"_placeholder":true,"num":0}]',
    ]
    made: list[Frame] = []
    for number in range(count):
        text = list(good[number % len(good)])
        for _ in range(chance.randint(1, 6)):
            text[chance.randrange(len(text))] = chr(
                chance.choice((chance.randrange(32, 127), chance.randrange(0x2FFF)))
            )
        made.append("".join(text))
    return made


async def one_connection(child: Child, token: str | None, frames: list[Frame]) -> int:
    """Send frames on a connection of their own, as far as the server takes them; how many went out."""
    address = f"ws://127.0.0.1:{child.port}/socket.io/?EIO=4&transport=websocket"
    sent = 0
    try:
        async with websockets.connect(address, compression=None, max_size=None, close_timeout=1) as socket:
            await socket.recv()
            if token is not None:
                await socket.send("40" + json.dumps({"token": token}))
                await socket.recv()
            for frame in frames:
                await socket.send(frame)
                sent += 1
            await asyncio.sleep(0.05)
    except (websockets.exceptions.WebSocketException, OSError):
        return max(sent, 1)
    return sent


async def broken_requests(child: Child) -> int:
    """The same over polling: bad sessions, bodies, parameters."""
    base = f"http://127.0.0.1:{child.port}/socket.io/"
    queries = ["", "?EIO=4", "?EIO=3&transport=polling", "?EIO=4&transport=carrier-pigeon", "?EIO=x&transport=polling"]
    queries += [
        "?EIO=4&transport=polling&sid=nobody",
        "?EIO=4&transport=websocket&sid=nobody",
        "?EIO=4&transport=polling&j=x",
    ]
    bodies = [b"", b"\x00", b"4", b"\xff\xfe", b"b!!!!", b'42["x"]\x1e' * 300, b"{" * 5000, b"9" * 100]
    sent = 0
    async with aiohttp.ClientSession() as http:
        for query in queries:
            async with http.get(base + query) as answer:
                assert answer.status < 500
            sent += 1
        for body in bodies:
            async with http.get(base + "?EIO=4&transport=polling") as opened:
                sid = json.loads((await opened.text())[1:])["sid"]
            for where in (sid, "nobody"):
                async with http.post(f"{base}?EIO=4&transport=polling&sid={where}", data=body) as answer:
                    assert answer.status < 500
                sent += 1
    return sent


@pytest.mark.promise("P20")
async def test_hostile_frames_neither_crash_the_server_nor_fill_its_log(
    tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = make_site("sqlite", tmp_path, request)
    token, practice = site.tokens["learner"], next(iter(site.practices.values()))
    frames = [*packets(), *noise(120)]
    with Nursery(site) as nursery:
        child = nursery.start()
        async with Client(child.url, token) as bystander:
            attempt, chat = await bystander.start_practice(practice)
            sent, connections = 0, 0
            for at in range(0, len(frames), 20):
                part = frames[at : at + 20]
                alone = [one_connection(child, token, [frame]) for frame in part]
                before = [one_connection(child, None, [frame]) for frame in part]
                sent += sum(await asyncio.gather(*alone, *before))
                connections += len(alone) + len(before)
            sent += await one_connection(child, token, frames)
            sent += await broken_requests(child)
            await bystander.say(attempt, chat, "What have you tried so far?")
        async with aiohttp.ClientSession() as http, http.get(f"{child.url}/readyz") as ready:
            assert ready.status == 200
        lines = [json.loads(line) for line in child.log_text().splitlines()]
    events = Counter(line["event"] for line in lines)
    malformed = Counter(line.get("engine", "") for line in lines if line["event"] == "malformed_traffic")
    assert not [line for line in lines if "error" in line or "where" in line], "there is a traceback in the log"
    assert set(events) <= {"started", "malformed_traffic"}, events
    assert max(malformed.values(), default=0) <= 1
    assert sent >= 320
    figure(
        "P20",
        f"{sent} hostile frames and requests on {connections} connections: the server answers, a bystander talks on,"
        f" {events['malformed_traffic']} lines in the log (at most 1 a connection), 0 tracebacks",
    )
