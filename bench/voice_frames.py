"""20 voice sessions that send 188 frames of 256 bytes a second each, as clients in the field do.

What a frame costs the whole server in CPU, and whether one was lost: of the wire alone, with a desk that only
counts, as binary attachments and as base64; and with the sessions, which listen to a quiet room.
"""

import asyncio
import base64
import os
import struct
from array import array
from collections.abc import Mapping, Sequence

from bench.client import Client, Tally, close_all, connect_all, frame
from bench.clock import now
from bench.control import Json, Seat
from bench.report import PARLOUR, Column, Outcome, Reach, Row, Shape
from bench.servers import Failed, Server, harness_on_core, row, running
from bench.systems import Plan, System

SESSIONS = 20
PER_SECOND = 188
FRAME_BYTES = 256
FRAME_US = 60
WARM_SECONDS = 1.5
TICK_SECONDS = 0.001
SETTLE_SECONDS = 10.0
NOISE = 60
WIRE, TEXT, SESSION = f"{PARLOUR}, wire", f"{PARLOUR}, wire, base64", f"{PARLOUR}, sessions"
COLUMNS = (
    Column(key="sent", label="frames", digits=0),
    Column(key="lost", label="lost", digits=0),
    Column(key="us_each", label="CPU us a frame"),
    Column(key="idle_us", label="of it without frames"),
    Column(key="share", label="share of a core", digits=3),
)


async def run(plan: Plan) -> Outcome:
    """Each kind on a server of its own, which keeps to one core."""
    seconds = plan.seconds(10, 3)
    rows: list[Row] = []
    if PARLOUR in plan.names:
        with harness_on_core(min(1, (os.cpu_count() or 1) - 1)):
            for name, args in ((WIRE, ["--counting"]), (TEXT, ["--counting"]), (SESSION, [])):
                system = System(name=name, module="bench.voiced_server", profiles=plan.profiles)
                rows.append(await row(system, spoken(system, args, seconds)))
    title = f"{SESSIONS} voice sessions x {PER_SECOND} frames/s of {FRAME_BYTES} bytes, server on one core"
    shape = Shape(bench="voice-frames", title=title, columns=COLUMNS, rows=rows)
    wanted = [
        Reach(text=f"{name}: CPU us a frame", got=shape.figure(name, "us_each"), wanted=FRAME_US, sense="at most")
        for name in (WIRE, TEXT, SESSION)
    ]
    lost = Reach(text="frames lost", got=shape.figure(SESSION, "lost"), wanted=0, sense="at most")
    return Outcome(shapes=[shape], reaches=[*wanted, lost])


async def spoken(system: System, args: Sequence[str], seconds: float) -> Mapping[str, float]:
    """Open the sessions, send, and see what the server used meanwhile and what it heard."""
    async with running(system, args) as server:
        server.keep_to_core(0)
        seats = await server.open(SESSIONS)
        clients = await connect_all(server.port, seats, Tally())
        before, began = server.cpu_seconds(), now()
        await asyncio.sleep(seconds / 2)
        idle = (server.cpu_seconds() - before) / (now() - began)
        for client, seat in zip(clients, seats, strict=True):
            await client.call("attempt_audio_start", {"chat_id": seat.join["chat_id"]})
        sending = Sending(clients, seats, text=system.name == TEXT)
        task = asyncio.create_task(sending.run())
        await asyncio.sleep(WARM_SECONDS)
        first, before, began = sending.sent, server.cpu_seconds(), now()
        await asyncio.sleep(seconds)
        used, took, sent = server.cpu_seconds() - before, now() - began, sending.sent - first
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        counted = await _all_came(server, sending.sent)
        close_all(clients)
    return {
        "sent": sending.sent,
        "lost": sending.sent - int(str(counted["heard"])),
        "us_each": used * 1e6 / sent if sent else 0.0,
        "idle_us": idle * took * 1e6 / sent if sent else 0.0,
        "share": used / took,
    }


async def _all_came(server: Server, sent: int) -> Json:
    """What the server counted when everything was there, or the time is up."""
    until = now() + SETTLE_SECONDS
    while True:
        counted = await server.ask(do="figures")
        if "came" not in counted:
            raise Failed(f"no figures: {counted}")
        if counted["came"] == sent or now() > until:
            return counted
        await asyncio.sleep(0.05)


class Sending:
    """Frames of all sessions, each at its own moments, in writes of their own."""

    def __init__(self, clients: Sequence[Client], seats: Sequence[Seat], *, text: bool) -> None:
        self._clients = clients
        self._chats = [seat.join["chat_id"] for seat in seats]
        self._text = text
        self.sent = 0
        noise = array("h", (at * at * 31 % (2 * NOISE + 1) - NOISE for at in range(FRAME_BYTES // 2 * 64)))
        self._sounds = [noise[at : at + FRAME_BYTES // 2].tobytes() for at in range(0, len(noise), FRAME_BYTES // 2)]

    async def run(self) -> None:
        """Send until it is cancelled; a sender that was held up catches up."""
        began, step = now(), 1 / (PER_SECOND * len(self._clients))
        while True:
            due = int((now() - began) / step)
            while self.sent < due:
                self._send(self.sent % len(self._clients), self.sent // len(self._clients))
                self.sent += 1
            await asyncio.sleep(TICK_SECONDS)

    def _send(self, number: int, seq: int) -> None:
        sound = self._sounds[(number + seq) % len(self._sounds)]
        chat_id = self._chats[number]
        if self._text:
            said = base64.b64encode(sound).decode()
            data = frame(f'42["attempt_audio_frame",{{"chat_id":"{chat_id}","audio":"{said}","seq":{seq}}}]')
        else:
            place = '{"_placeholder":true,"num":0}'
            head = frame(f'451-["attempt_audio_frame",{{"chat_id":"{chat_id}","audio":{place},"seq":{seq}}}]')
            data = head + struct.pack("!BBH", 0x82, 0x80 | 126, len(sound)) + b"\0\0\0\0" + sound
        self._clients[number].transport.write(data)
