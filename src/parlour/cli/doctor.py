"""`parlour doctor`: looks at everything a server needs, and says what to do about what is wrong."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from parlour.cli.commands import Place, command
from parlour.cli.opening import load

if TYPE_CHECKING:
    from parlour.cli.checks import Finding

_COLOURS = {"ok": "green", "note": "yellow", "wrong": "red"}


def add_to(app: typer.Typer) -> None:
    """Give `app` this command."""
    app.command(name="doctor")(doctor)


@command
def doctor(
    place: Place, as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False
) -> None:
    """Check this machine, the data folder, the database, the clock, the models, speech and the queue."""
    from parlour.cli.checks import examine
    from parlour.cli.checks_speech import speech_findings

    settings = load(place)
    findings = examine(settings) + speech_findings(settings)
    healthy = all(finding.state != "wrong" for finding in findings)
    if as_json:
        typer.echo(json.dumps({"healthy": healthy, "checks": [asdict(finding) for finding in findings]}))
    else:
        _print(findings)
    if not healthy:
        raise typer.Exit(1)


def _print(findings: "list[Finding]") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("Check", "State", "Found")
    for finding in findings:
        state = Text(finding.state, style=_COLOURS[finding.state])
        table.add_row(Text(finding.check), state, Text(finding.text))
    Console().print(table)
