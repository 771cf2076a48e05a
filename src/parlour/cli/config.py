"""`parlour config`: what the settings are, and what is wrong with them."""

import json
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit, urlunsplit

import typer

from parlour.cli.commands import Place, command
from parlour.cli.opening import load

if TYPE_CHECKING:
    from parlour.settings import Settings

app = typer.Typer(name="config", help="The settings of a server.", no_args_is_help=True)


@app.callback()
def config() -> None:
    """The settings of a server."""


@app.command()
@command
def check(
    place: Place, as_json: Annotated[bool, typer.Option("--json", help="Print them as one JSON object.")] = False
) -> None:
    """Print the settings in effect, secrets masked, or name every one that is wrong."""
    from parlour.settings import unknown_variables

    for variable in unknown_variables():
        typer.echo(f"{variable}: no such setting; it is ignored", err=True)
    settings = load(place)
    values = settings.model_dump(mode="json")
    for provider in values["providers"]:
        provider["base_url"] = _without_user(provider["base_url"])
    if as_json:
        typer.echo(json.dumps(values))
        return
    given = settings.model_fields_set
    limits: dict[str, object] = values.pop("limits")
    for name, value in values.items():
        typer.echo(_line(name, value, given=name in given))
    for name, value in limits.items():
        typer.echo(_line(f"limits.{name}", value, given=name in settings.limits.model_fields_set))
    for line in _engines(settings):
        typer.echo(line)


def _engines(settings: "Settings") -> list[str]:
    """Comments: what speech comes to with these settings on this machine."""
    from parlour.kernel.clock import SystemClock
    from parlour.providers.speech import build_speech

    found = build_speech(settings, SystemClock())
    hears = found.transcriber.name if found.transcriber else f"nothing: {found.why_no_in}"
    speaks = found.synthesizer.name if found.synthesizer else f"nothing: {found.why_no_out}"
    return [f"# speech hears with: {hears}", f"# speech speaks with: {speaks}"]


def _line(name: str, value: object, *, given: bool) -> str:
    return f"{name} = {json.dumps(value, ensure_ascii=False)}{'' if given else '  # default'}"


def _without_user(url: str | None) -> str | None:
    """An address without a name, a password or a query, which may hold a key."""
    if url is None:
        return None
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
