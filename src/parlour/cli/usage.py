"""`parlour usage`: what requests to models came to."""

import json
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated

import typer

from parlour.cli.commands import Place, Problem, command
from parlour.cli.opening import load, opened


class By(StrEnum):
    """What requests are summed up by."""

    PERSON = "person"
    MODEL = "model"
    TASK = "task"
    DAY = "day"


def add_to(app: typer.Typer) -> None:
    """Give `app` this command."""
    app.command(name="usage")(usage)


@command
def usage(
    place: Place,
    begin: Annotated[str | None, typer.Option("--from", metavar="DATE", help="First day (UTC), as 2026-01-31.")] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="DATE", help="Last day (UTC).")] = None,
    by: Annotated[By, typer.Option(help="What to sum up by.")] = By.DAY,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON array instead of a table.")] = False,
) -> None:
    """Tokens, seconds and cost of every request to a model, of all people."""
    import msgspec
    from rich.console import Console
    from rich.table import Table

    from parlour.accounts.actions import account_by_id
    from parlour.attempts.usage import Total, grouped
    from parlour.storage.tx import Tx
    from parlour.turns.entities import UsageOf

    which = UsageOf(at_from=_instant(begin, 0), at_until=_instant(end, 1))

    def read(tx: Tx) -> list[tuple[str, Total]]:
        found = grouped(tx, which, by.value)
        people = {total.key: account_by_id(tx, total.key) for total in found} if by is By.PERSON else {}
        return [(person.user_id if (person := people.get(total.key)) else total.key, total) for total in found]

    rows = opened(load(place)).read_here(read)
    if as_json:
        typer.echo(json.dumps([{"name": name, **msgspec.to_builtins(total)} for name, total in rows]))
        return
    table = Table(by.value.title(), "Requests", "Input tokens", "Output tokens", "Seconds", "Cost")
    for name, total in rows:
        cost = " + ".join(f"{each.cost:.4f} {each.currency}" for each in total.costs) or "-"
        counts = (total.requests, total.input_tokens, total.output_tokens)
        table.add_row(name, *map(str, counts), f"{total.seconds:.1f}", cost)
    Console(markup=False).print(table)


def _instant(text: str | None, days: int) -> int | None:
    """The begin of a day, or with `days` 1 its last millisecond."""
    if text is None:
        return None
    try:
        begin = datetime.combine(date.fromisoformat(text) + timedelta(days=days), time(), UTC)
    except (ValueError, OverflowError):
        raise Problem(f"'{text}' is no day; write it like 2026-01-31.") from None
    return int(begin.timestamp() * 1000) - days
