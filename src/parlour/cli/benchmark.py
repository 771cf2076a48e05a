"""`parlour benchmark`: which benchmarks there are, and recordings from practice for them. Works beside a server."""

import json
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from parlour.cli.commands import Place, Problem, command, counted
from parlour.cli.opening import load, opened
from parlour.kernel.dataclass import dataclass

if TYPE_CHECKING:
    from parlour.attempts.access import ChatInAttempt
    from parlour.benchmarks.recordings.actions import Added
    from parlour.benchmarks.recordings.from_chats import FromChat
    from parlour.benchmarks.recordings.showing import BenchmarkShown
    from parlour.catalog.benchmark_rules import Bounds
    from parlour.catalog.benchmarks import Benchmark
    from parlour.kernel.actor import Actor
    from parlour.settings import Settings
    from parlour.storage.tx import Tx

app = typer.Typer(name="benchmark", help="Recorded conversations that models are tested with.", no_args_is_help=True)

Named = Annotated[str, typer.Argument(metavar="BENCHMARK", help="Its name or its id, as `benchmark list` says them.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


@app.command(name="list")
@command
def list_benchmarks(place: Place, as_json: AsJson = False) -> None:
    """List all benchmarks: how many recordings, candidates and repeats each has."""
    from parlour.benchmarks.results.reports.markdown import plain
    from parlour.catalog.actions import all_benchmarks

    database = opened(load(place))
    for each in database.read_here(all_benchmarks):
        counts = {
            "recordings": len(each.recordings), "candidates": len(each.candidates), "repeats": each.repeats,
        }  # fmt: skip
        if as_json:
            row = {"benchmark_id": each.id, "name": each.name, "version": each.version, **counts}
            typer.echo(json.dumps(row, ensure_ascii=False))
        else:
            said = ", ".join(f"{number} {name}" for name, number in counts.items())
            typer.echo(f"{plain(each.name)} ({each.id}), version {each.version}: {said}")


@app.command()
@command
def show(benchmark: Named, place: Place, as_json: AsJson = False) -> None:
    """Show one benchmark: its candidates and its recordings."""
    import msgspec

    from parlour.benchmarks.recordings.showing import shown_benchmark

    database = opened(load(place))
    shown = database.read_here(lambda tx: shown_benchmark(tx, named_benchmark(tx, benchmark), may_edit=True))
    if as_json:
        typer.echo(msgspec.json.encode(shown).decode())
    else:
        _print(shown)


@dataclass(frozen=True, kw_only=True)
class Adding:
    """What is said about the conversations that become recordings."""

    consent: Annotated[str, typer.Option(help="In words: that the person agreed, and to what.", prompt=True)]
    by: Annotated[str, typer.Option(metavar="USER_ID", help="Who says so and adds it: somebody who may.", prompt=True)]
    chat: Annotated[str | None, typer.Option(metavar="CHAT_ID", help="Only this chat of the attempt.")] = None
    part: Annotated[Literal["learner", "persona"], typer.Option(help="Whose part candidates play.")] = "learner"


@app.command()
@command
def add_attempt(
    benchmark: Named,
    attempt: Annotated[str, typer.Argument(metavar="ATTEMPT_ID", help="The attempt whose completed chats are meant.")],
    adding: Adding,
    place: Place,
    as_json: AsJson = False,
) -> None:
    """Make recordings from the completed chats of an attempt, names replaced, and add them to a benchmark."""
    import msgspec

    from parlour.benchmarks.recordings.from_chats import FromChat

    settings = load(place)
    database = opened(settings)

    def add(tx: "Tx") -> "list[Added]":
        actor = _actor(tx, adding.by)
        wanted = [
            FromChat(
                chat=each.chat,
                part=adding.part,
                consent_statement=adding.consent,
                department_ids=tuple(each.attempt.department_ids),
            )
            for each in _chats(tx, actor, attempt, adding.chat)
        ]
        return [_added(tx, actor, benchmark, each, settings) for each in wanted]

    for added in database.write_here(add):
        if as_json:
            typer.echo(msgspec.json.encode(added).decode())
        else:
            typer.echo(f"Recording {added.recording_id} was added; {added.names_replaced} names and numbers replaced.")


@app.command()
@command
def erase_recording(
    recording: Annotated[str, typer.Argument(metavar="RECORDING_ID", help="The recording whose words are to go.")],
    by: Annotated[str, typer.Option(metavar="USER_ID", help="Who erases it: somebody who may.", prompt=True)],
    place: Place,
    as_json: AsJson = False,
) -> None:
    """Erase the words of a recording for good, everywhere, because its person withdrew the consent. Scores stay."""
    import msgspec

    from parlour.benchmarks.recordings.erasing import erase
    from parlour.testing import rules_of

    settings = load(place)
    database = opened(settings)
    route = "parlour benchmark erase-recording"
    erased = database.write_here(lambda tx: erase(tx, _actor(tx, by), recording, rules_of(settings), route))
    if as_json:
        typer.echo(msgspec.json.encode(erased).decode())
    else:
        typer.echo(
            f"The words of recording {recording} are gone: out of {len(erased.benchmark_ids)} benchmarks, and of"
            f" {erased.replays} replays in {erased.tests} tests."
        )


def named_benchmark(tx: "Tx", named: str) -> "Benchmark":
    """The benchmark of a name or an id, also one that is not active."""
    from parlour.catalog.actions import all_benchmarks
    from parlour.catalog.actions import benchmark as by_id

    found = by_id(tx, named)
    matching = [found] if found else [each for each in all_benchmarks(tx) if each.name == named]
    if not matching:
        raise Problem(f"There is no benchmark {named}.")
    if len(matching) > 1:
        raise Problem(f"There are several benchmarks {named}; use the id.")
    return matching[0]


def bounds_of(settings: "Settings") -> "Bounds":
    """How much there may be in a benchmark, by the settings."""
    from parlour.catalog.benchmark_rules import Bounds

    limits = settings.limits
    return Bounds(
        candidates=limits.candidates_max, recordings=limits.recordings_max, messages=limits.recorded_messages_max
    )


def _added(tx: "Tx", actor: "Actor", named: str, wanted: "FromChat", settings: "Settings") -> "Added":
    from parlour.benchmarks.recordings.actions import add_recording, benchmark_to_edit, locked
    from parlour.benchmarks.recordings.from_chats import recording_of

    benchmark_to_edit(tx, actor, named_benchmark(tx, named).id)
    held = locked(tx, named_benchmark(tx, named).id, None)
    return add_recording(tx, actor, held, recording_of(tx, actor, wanted), bounds_of(settings))


def _actor(tx: "Tx", user_id: str) -> "Actor":
    from parlour.accounts.actions import account_by_user_id, actor_by_id

    account = account_by_user_id(tx, user_id)
    actor = actor_by_id(tx, account.account_id) if account else None
    if actor is None:
        raise Problem(f"There is no account {user_id} that could do this.")
    return actor


def _chats(tx: "Tx", actor: "Actor", attempt_id: str, chat_id: str | None) -> "list[ChatInAttempt]":
    from parlour.attempts.access import attempt_to_read, chat_to_read
    from parlour.conversations.actions import chats_of

    attempt = attempt_to_read(tx, actor, attempt_id)
    chats = [each for each in chats_of(tx, attempt.id) if chat_id in (None, each.id)]
    completed = [chat_to_read(tx, actor, each.id) for each in chats if each.state == "completed"]
    if not completed:
        raise Problem("This attempt has no completed chat of that kind.")
    return completed


def _print(shown: "BenchmarkShown") -> None:
    from rich.console import Console
    from rich.table import Table

    from parlour.benchmarks.results.reports.markdown import plain

    candidates = Table("Candidate", "Model", "Graded", title=f"{plain(shown.name)}, version {shown.version}")
    for each in shown.candidates:
        candidates.add_row(plain(each.title), plain(each.model), "yes" if each.rubric else "no")
    recordings = Table("Recording", "Part", "Turns", "Grade", title=counted(len(shown.recordings), "recording"))
    for head in shown.recordings:
        grade = f"{head.grade.score} of {head.grade.total_points}" if head.grade else ""
        recordings.add_row(plain(head.title), head.part, str(head.turns), grade)
    console = Console(markup=False)
    console.print(candidates)
    console.print(recordings)
