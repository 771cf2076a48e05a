"""`python -m bench [NAME ...] [--quick] [--only SYSTEM ...] [--json FILE] [--profile]`; `BENCHES` has the names."""

import argparse
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop
from rich.console import Console

from bench import (
    authoring,
    bundles,
    delivery,
    expiry,
    importing,
    memory,
    polling,
    replays,
    search,
    simulating,
    simulating_intervals,
    sound,
    speech,
    streams,
    voice,
    voice_frames,
    writes,
)
from bench.report import Outcome, save, show, show_machine
from bench.servers import ROOT
from bench.systems import ALL, Plan

NAMES = [system.name for system in ALL]
BENCHES: dict[str, Callable[[Plan], Awaitable[Outcome]]] = {
    "writes": writes.run,
    "delivery": delivery.run,
    "streams": streams.run,
    "memory": memory.run,
    "expiry": expiry.run,
    "search": search.run,
    "import": importing.run,
    "bundles": bundles.run,
    "authoring": authoring.run,
    "polling": polling.run,
    "replays": replays.run,
    "statistics": simulating.run,
    "intervals": simulating_intervals.run,
    "voice": voice.run,
    "voice-frames": voice_frames.run,
    "sound": sound.run,
    "speech": speech.run,
}


def main() -> None:
    """Run the chosen benches, or all. A missed reach is only shown; a system that failed makes the exit status 1."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Parlour beside the limit and stock parts.")
    parser.add_argument("bench", nargs="*", help=f"of {', '.join(BENCHES)}; default: all")
    parser.add_argument("--quick", action="store_true", help="a smoke test of less than a minute; figures are rough")
    parser.add_argument("--only", nargs="+", default=[], choices=NAMES, metavar="SYSTEM")
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), help="where the figures are kept")
    parser.add_argument(
        "--profile", action="store_true", help="have servers write where their time goes: build/profile/"
    )
    chosen = parser.parse_args()
    if unknown := set(chosen.bench) - set(BENCHES):
        parser.error(f"unknown bench: {', '.join(sorted(unknown))}")
    console = Console(width=None if sys.stdout.isatty() else 150)
    show_machine(console)
    plan = Plan(
        quick=chosen.quick, names=chosen.only or NAMES, profiles=ROOT / "build/profile" if chosen.profile else None
    )
    outcomes: dict[str, Outcome] = {}

    async def run_all() -> None:
        for name in chosen.bench or BENCHES:
            with console.status(f"{name} …"):
                outcomes[name] = await BENCHES[name](plan)
            show(console, outcomes[name])

    uvloop.run(run_all())
    save(chosen.json, outcomes)
    console.print(f"Kept in {chosen.json}")
    if any(outcome.failed for outcome in outcomes.values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
