"""Parlour with voice sessions under test: scripted engines, and a count of the frames that come in.

`--counting`: in place of the sessions there is a desk that only counts, so that the price of the wire alone
can be seen. `figures` tells how many frames came, and how many of them were heard.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any, cast

from bench.control import Json, serve
from bench.parlour_server import BUILD, Subject
from parlour.attempts.voice.holders import READY_TEXT, Holder, VoiceOpened
from parlour.kernel.actor import Actor
from parlour.kernel.ids import AttemptId, ChatId


class CountingDesk:
    """Passes on to a desk what it counts; without one, everything is heard by nobody."""

    def __init__(self, desk: Any) -> None:
        self._desk = desk
        self.came = 0
        self.heard = 0
        self.lost = 0
        self._last: dict[str, int] = {}

    def __getattr__(self, name: str) -> object:
        return getattr(self._desk, name)

    async def open(self, actor: Actor, chat_id: str, holder: Holder) -> VoiceOpened:
        """Begin a session."""
        if self._desk is not None:
            return await self._desk.open(actor, chat_id, holder)
        chat = ChatId(chat_id)
        holder.ready(chat, READY_TEXT)
        return VoiceOpened(chat_id=chat, run_id=chat_id, group_id=chat_id, attempt_id=AttemptId(chat_id))

    def hear(self, connection_id: str, chat_id: str, sound: bytes, seq: int | None) -> bool:
        """Count a frame, and by its number what was lost before it."""
        self.came += 1
        if seq is not None:
            self.lost += seq - self._last.get(chat_id, -1) - 1
            self._last[chat_id] = seq
        heard = self._desk is None or self._desk.hear(connection_id, chat_id, sound, seq)
        self.heard += heard
        return heard

    def left(self, connection_id: str) -> None:
        """A connection is gone."""
        if self._desk is not None:
            self._desk.left(connection_id)

    async def stop(self) -> None:
        """End."""
        if self._desk is not None:
            await self._desk.stop()


class Voiced(Subject):
    """The server."""

    def __init__(self, folder: Path, *, counting: bool) -> None:
        super().__init__(folder, None, "", more={"speech": {"in": "scripted", "out": "scripted"}})
        voice = self.parlour.hub.voice
        self.desk = CountingDesk(None if counting else voice.desk)
        voice.desk = cast("Any", self.desk)

    async def figures(self) -> Json:
        """How many frames came, were heard, and were missing between two that came; where the store is."""
        counted = {"came": self.desk.came, "heard": self.desk.heard, "lost": self.desk.lost}
        return {**counted, "store": str(self.folder / "parlour.sqlite3")}


def main() -> None:
    """Run until the harness closes standard input."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--counting", action="store_true")
    chosen = parser.parse_args()
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD, prefix="bench-") as folder:
        serve(Voiced(Path(folder), counting=chosen.counting))


if __name__ == "__main__":
    main()
