"""The commands, put together."""

import gc
from typing import Annotated

import typer

from parlour.cli import (
    attempts,
    audit,
    backup,
    benchmark,
    cohort,
    config,
    content,
    demo,
    doctor,
    experiments,
    instruments,
    mcp,
    papers,
    serve,
    test,
    usage,
    user,
)

app = typer.Typer(
    name="parlour",
    help="A server for conversations between people and AI.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
serve.add_to(app)
demo.add_to(app)
app.add_typer(user.app)
app.add_typer(cohort.app)
app.add_typer(content.app)
app.add_typer(benchmark.app)
app.add_typer(test.app)
app.add_typer(attempts.app)
app.add_typer(papers.app)
app.add_typer(instruments.app)
app.add_typer(experiments.app)
app.add_typer(audit.app)
app.add_typer(config.app)
app.add_typer(mcp.app)
doctor.add_to(app)
usage.add_to(app)
backup.add_to(app)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"parlour {version('parlour')}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[bool, typer.Option("--version", help="Say the version and end.", callback=_version)] = False,
) -> None:
    """A server for conversations between people and AI."""


def main() -> None:
    """The entry point of the script `parlour`."""
    gc.set_threshold(50_000, 20, 20)  # what a command imports stays: to look through it again and again takes a tenth
    app()
