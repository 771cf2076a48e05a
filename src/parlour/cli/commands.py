"""What every command shares: where the server's things are, and how failure is told.

A command is a function whose parameters may be dataclasses of options: each of their fields
becomes an option of the command (`Place` gives `--data`, `--database-url` and `--config`).
"""

import dataclasses
import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Refusal


class Problem(Exception):
    """Why a command cannot do what was asked, one sentence a line; the process ends with `status`."""

    def __init__(self, *lines: str, status: int = 1) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines
        self.status = status


def counted(count: int, noun: str) -> str:
    """A number of things in words: `1 file`, `2 files`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Which server is meant: options that go before the environment and the file of settings."""

    data: Annotated[
        Path | None, typer.Option(help="Folder of everything that is kept.", file_okay=False, show_default=False)
    ] = None
    database_url: Annotated[
        str | None,
        typer.Option(help="postgresql://... instead of the SQLite file in the data folder.", show_default=False),
    ] = None
    config: Annotated[
        Path | None,
        typer.Option(
            help="TOML file of settings.", exists=True, dir_okay=False, readable=True, envvar="PARLOUR_CONFIG"
        ),
    ] = None


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Make a function with dataclasses of options into one that Typer understands and that ends well."""
    hints = get_type_hints(function, include_extras=True)
    groups = {name: hints[name] for name in inspect.signature(function).parameters if _is_group(hints[name])}

    @functools.wraps(function)
    def run(**given: Any) -> None:
        for name, group in groups.items():
            given[name] = group(**{field.name: given.pop(field.name) for field in dataclasses.fields(group)})
        try:
            function(**given)
        except Problem as problem:
            _end(problem.lines, problem.status)
        except Refusal as refusal:
            _end((refusal.text,), 1)

    parameters = _parameters(function, hints, groups)
    described: Any = run
    described.__signature__ = inspect.Signature(parameters)
    described.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _is_group(hint: Any) -> bool:
    return isinstance(hint, type) and dataclasses.is_dataclass(hint)


def _parameters(
    function: Callable[..., None], hints: dict[str, Any], groups: dict[str, Any]
) -> list[inspect.Parameter]:
    found: list[tuple[str, Any, Any]] = []
    for name, parameter in inspect.signature(function).parameters.items():
        if name not in groups:
            found.append((name, hints[name], parameter.default))
            continue
        inner = get_type_hints(groups[name], include_extras=True)
        for field in dataclasses.fields(groups[name]):
            default = inspect.Parameter.empty if field.default is dataclasses.MISSING else field.default
            found.append((field.name, inner[field.name], default))
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint)
        for name, hint, default in found
    ]


def _end(lines: tuple[str, ...], status: int) -> None:
    for line in lines:
        typer.echo(line, err=True)
    raise typer.Exit(status)
