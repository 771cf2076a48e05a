"""A server whose clock a test moves, and content with limits of its own."""

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parlour.catalog.bundles import load_bundle
from parlour.catalog.publishing import publish
from parlour.kernel.clock import rfc3339
from parlour.storage.tx import Tx
from tests.harness.clock import SetClock
from tests.harness.site import Process, Site
from tests.wire.house import House

_PACK = """
pack: {id: timed, name: Timed}
personas:
  pat: {name: Pat, instructions: "You are Pat."}
scenarios:
  one: {name: One, personas: [pat]}
  two: {name: Two, personas: [pat]}
rubrics:
  small:
    name: Small
    total_points: 2
    pass_points: 1
    groups:
      asking:
        {name: Asking, points: 2, pass_points: 1,
         standards: [{points: 0, name: "No"}, {points: 2, name: "Yes"}],
         signals: {good_moves: [open-question], enough: 1}}
simulations:
  pair: {name: Pair, scenarios: [{scenario: one, rubric: small}, {scenario: two, rubric: small}]}
home:
  hour: {name: hour, simulation: pair, everyone: true, settings: {time_limit: 3600}}
practice:
  below: {name: below, simulation: pair, everyone: true, settings: {time_limit: 60, negative_time: true}}
  mixed: {name: mixed, simulation: pair, everyone: true, chats: {one: {time_limit: 60}}}
  free: {name: free, simulation: pair, everyone: true}
  closing: {name: closing, simulation: pair, everyone: true, end_time: "CLOSES"}
"""


@dataclass
class Timed(House):
    """A running server, its clock, and the entries of the timed pack by name."""

    clock: SetClock
    entries: dict[str, str] = field(default_factory=dict)

    def chat(self, chat_id: str) -> dict[str, Any]:
        """A chat's row."""
        row: Any = self.site.write(lambda tx: tx.one("SELECT * FROM chats WHERE id = :id", id=chat_id))
        return dict(row)

    def sooner(self, chat_id: str) -> None:
        """Let a chat's time be up in a second; nobody's connection lapses, as it would if the clock went ahead."""
        at = self.clock.now_ms() + 1000

        def change(tx: Tx) -> None:
            tx.run("UPDATE chats SET expires_at = :at WHERE id = :id", at=at, id=chat_id)
            tx.run("UPDATE jobs SET run_at = :at WHERE kind = 'attempts.expire'", at=at)

        self.site.write(change)

    def restart(self, **settings: Any) -> None:
        """Another server instead of this one, which must have ended, on the same clock."""
        with self.clock.given():
            self.process: Process = self.site.start(**settings)


@contextmanager
def timed(site: Site, closes_in_seconds: int = 7200, **settings: Any) -> Generator[Timed]:
    """A server on the site, with the timed pack."""
    clock = SetClock(site.folder / "clock")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "timed.yaml"
        file.write_text(_PACK.replace("CLOSES", rfc3339(clock.now_ms() + closes_in_seconds * 1000)))
        bundle = load_bundle(file)
    site.write(lambda tx: publish(tx, bundle))
    with clock.given():
        process = site.start(**settings)
    yield Timed(site, process, clock, {entry.name: entry.id for entry in bundle.entries})
    site.close()
