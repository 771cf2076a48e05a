"""Figures, ratios and what was to be reached: shown as tables, kept as JSON."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import psutil
from rich.console import Console
from rich.table import Table

LIMIT, STOCK, PARLOUR, POSTGRES = "limit", "stock", "parlour", ", PostgreSQL"
FAILED = "failed:"
PAIRS = (
    (STOCK, LIMIT),
    (PARLOUR, LIMIT),
    (PARLOUR, STOCK),
    (PARLOUR + POSTGRES, LIMIT),
    (PARLOUR + POSTGRES, STOCK + POSTGRES),
)


@dataclass(frozen=True, kw_only=True)
class Column:
    """One measured quantity; `digits` after the point."""

    key: str
    label: str
    digits: int = 1


@dataclass(frozen=True, kw_only=True)
class Row:
    """What one system did. A figure that could not be taken is left out."""

    system: str
    figures: Mapping[str, float]
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One table: the same work done by several systems, named `limit…`, `stock…` and `parlour…`."""

    bench: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Row]

    def figure(self, system: str, key: str) -> float | None:
        """The figure of the first row of that system."""
        return next((row.figures.get(key) for row in self.rows if row.system == system), None)

    def ratio(self, key: str, over: str, under: str) -> float | None:
        """How many times the first system's figure is the second's."""
        above, below = self.figure(over, key), self.figure(under, key)
        return above / below if above is not None and below else None


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Something issue 2 asks for: a figure of Parlour, or a ratio, that is to be at most or at least `wanted`."""

    text: str
    got: float | None
    wanted: float
    sense: Literal["at most", "at least"]

    @property
    def verdict(self) -> Literal["PASS", "MISS", "not measured"]:
        """Whether it was reached in this run."""
        if self.got is None:
            return "not measured"
        reached = self.got <= self.wanted if self.sense == "at most" else self.got >= self.wanted
        return "PASS" if reached else "MISS"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Everything one bench found."""

    shapes: Sequence[Shape]
    reaches: Sequence[Reach]

    @property
    def failed(self) -> bool:
        """Whether a system could not be measured."""
        return any(row.note.startswith(FAILED) for shape in self.shapes for row in shape.rows)


def machine() -> dict[str, str]:
    """What the absolute figures depend on."""
    model = platform.processor() or platform.machine()
    if (info := Path("/proc/cpuinfo")).exists():
        names = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return {
        "processor": model,
        "cores": str(os.cpu_count()),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load before": f"{os.getloadavg()[0]:.2f}",
    }


def show_machine(console: Console) -> None:
    """One line on the machine."""
    console.print("[bold]Machine[/bold] " + " · ".join(f"{name} {value}" for name, value in machine().items()))


def show(console: Console, outcome: Outcome) -> None:
    """The tables of a bench and what it reached."""
    for shape in outcome.shapes:
        console.print(_table(shape))
    if not outcome.reaches:
        return
    table = Table(title="Reach", title_justify="left")
    for heading in ("what was asked for", "wanted", "got", ""):
        table.add_column(heading)
    for reach in outcome.reaches:
        colour = {"PASS": "green", "MISS": "red", "not measured": "yellow"}[reach.verdict]
        got = "-" if reach.got is None else f"{reach.got:,.2f}"
        table.add_row(reach.text, f"{reach.sense} {reach.wanted:,g}", got, f"[{colour}]{reach.verdict}[/{colour}]")
    console.print(table)


def _table(shape: Shape) -> Table:
    table = Table(title=f"{shape.bench}: {shape.title}", title_justify="left")
    table.add_column("system")
    for column in shape.columns:
        table.add_column(column.label, justify="right")
    noted = any(row.note for row in shape.rows)
    if noted:
        table.add_column("note")
    for row in shape.rows:
        cells = [_number(row.figures.get(column.key), column.digits) for column in shape.columns]
        table.add_row(row.system, *cells, *([row.note] if noted else []))
    table.add_section()
    for over, under in PAIRS:
        ratios = [shape.ratio(column.key, over, under) for column in shape.columns]
        if any(ratio is not None for ratio in ratios):
            cells = ["" if ratio is None else f"{ratio:,.2f} x" for ratio in ratios]
            table.add_row(f"[dim]{over} / {under}[/dim]", *cells, *([""] if noted else []))
    return table


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def save(path: Path, outcomes: Mapping[str, Outcome]) -> None:
    """The same as JSON: per bench its shapes and reaches, and the machine."""
    path.parent.mkdir(parents=True, exist_ok=True)
    benches = {
        name: {
            "shapes": [asdict(shape) for shape in outcome.shapes],
            "reaches": [asdict(reach) | {"verdict": reach.verdict} for reach in outcome.reaches],
        }
        for name, outcome in outcomes.items()
    }
    path.write_text(json.dumps({"machine": machine(), "benches": benches}, indent=1) + "\n")
