"""`parlour test`: run a benchmark, see what came of it, mark, stop, go on."""

import asyncio
import shlex
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parlour.cli.benchmark import named_benchmark
from parlour.cli.commands import Place, Problem, command
from parlour.cli.opening import load, opened
from parlour.cli.testing import SAMPLE, Asked, Ended, Going, acting, carry_on, run_whole, test_of
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Refusal

if TYPE_CHECKING:
    from rich.console import Console

    from parlour.benchmarks.results.list_shapes import CellShown
    from parlour.benchmarks.results.shapes import Results
    from parlour.storage.tx import Tx
    from parlour.wire.rest.testing.bodies import TestValues

app = typer.Typer(name="test", help="Replay recorded conversations against models, and compare.", no_args_is_help=True)

UNFINISHED, WRONG, BELOW = 1, 2, 3
_BOUNDS = ("cost", "tokens", "time", "failures")
_WRONG_OPTIONS = {
    "invalid_request": (),
    "no_model": (
        "A candidate has no usable model.",
        "--candidate takes a title (`parlour benchmark show BENCHMARK` has them) or a model of the settings.",
    ),
}
Which = Annotated[str, typer.Argument(metavar="TEST_ID", help="The test, as `test list` says it.")]
AsJson = Annotated[bool, typer.Option("--json", help="The results as JSON on standard output.")]
By = Annotated[str | None, typer.Option(metavar="USER_ID", help="Who does it; otherwise somebody who may.")]


class Mode(StrEnum):
    """How recordings are replayed."""

    auto_regressive = "auto_regressive"
    last_turn = "last_turn"
    live = "live"


class Form(StrEnum):
    """The kinds of reports."""

    table = "table"
    json = "json"
    markdown = "markdown"
    junit = "junit"


@dataclass(frozen=True, kw_only=True)
class Most:
    """What it may cost."""

    max_cost: Annotated[float | None, typer.Option(min=0, help="In units of --currency.")] = None
    currency: Annotated[str | None, typer.Option(metavar="ISO", help="Three capital letters, as EUR.")] = None
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Halt it there; `resume` goes on.")] = None
    max_seconds: Annotated[int | None, typer.Option(min=1, help="Halt it after so long.")] = None
    max_failures: Annotated[int | None, typer.Option(min=0, help="More failed replays halt the test.")] = None


@dataclass(frozen=True, kw_only=True)
class Run(Most):
    """What is run. Whatever is not given is as in the benchmark."""

    candidate: Annotated[
        list[str] | None,
        typer.Option(metavar="MODEL", help="A candidate by its title, or a model (PROVIDER:MODEL). Repeat it."),
    ] = None
    repeats: Annotated[int | None, typer.Option(min=1, help="How often every recording is replayed.")] = None
    judge: Annotated[list[str] | None, typer.Option(metavar="MODEL", help="Who grades; the first one counts.")] = None
    mode: Annotated[Mode | None, typer.Option(help="How recordings are replayed.")] = None
    baseline: Annotated[str | None, typer.Option(metavar="TITLE", help="Compare all others with this one.")] = None
    prefer: Annotated[bool | None, typer.Option(help="Have judges compare the answers pairwise, too.")] = None
    seed: Annotated[int, typer.Option(min=0, help="Makes order, resampling and scripted noise repeatable.")] = 1
    parallel: Annotated[int, typer.Option(min=1, max=64, help="So many replays at once.")] = 8
    looks: Annotated[int, typer.Option(min=0, max=20, help="Look so often whether it is decided, and end then.")] = 0
    recorded: Annotated[bool, typer.Option("--recorded", help="Have the recorded answers judged, too.")] = False
    confidence: Annotated[float, typer.Option(min=0.5, max=0.999, help="How sure intervals are.")] = 0.95


@dataclass(frozen=True, kw_only=True)
class Say:
    """What is told at the end, and when the exit status is 3."""

    json: AsJson = False
    junit: Annotated[Path | None, typer.Option(metavar="FILE", dir_okay=False, help="JUnit XML.")] = None
    markdown: Annotated[Path | None, typer.Option(metavar="FILE", dir_okay=False, help="A summary.")] = None
    fail_under: Annotated[
        float | None, typer.Option(min=0, max=100, help="Exit status 3 if a candidate's mean of 100 is less.")
    ] = None
    fail_if_worse: Annotated[
        bool, typer.Option("--fail-if-worse", help="Exit status 3 if a candidate is worse than its baseline.")
    ] = False


@dataclass(frozen=True, kw_only=True)
class How:
    """How it is gone about."""

    by: By = None
    resume: Annotated[str | None, typer.Option(metavar="TEST_ID", help="Go on with this test instead.")] = None
    estimate: Annotated[bool, typer.Option("--estimate", help="Only say what it would cost and show.")] = False
    sample: Annotated[bool, typer.Option("--sample", help="In the demo's folder, with the sample pack.")] = False
    wait: Annotated[bool, typer.Option(help="Stay until it is done.")] = True


@dataclass(frozen=True, kw_only=True)
class Given:
    """A person's mark."""

    level: Annotated[list[str], typer.Option(metavar="CRITERION=POINTS", help="For every criterion. Repeat it.")]
    by: Annotated[str, typer.Option(metavar="USER_ID", help="Whose mark it is.", prompt=True)]
    summary: Annotated[str, typer.Option(help="In words.")] = ""


@app.command()
@command
def run(
    place: Place,
    what: Run,
    how: How,
    say: Say,
    benchmark: Annotated[str | None, typer.Argument(metavar="[BENCHMARK]", help="Its name or its id.")] = None,
) -> None:
    """Run a benchmark and say which candidate is better.

    Exit status: 0 it finished, 1 it did not, 2 wrong options, 3 a threshold failed.
    """
    if how.resume is not None:
        going = Going(test_id=how.resume, by=how.by, bounds=_bounds(what), wait=how.wait)
        _tell(asyncio.run(carry_on(load(place), going)), say, place)
        return
    if benchmark is None and not how.sample:
        raise Problem("Name a benchmark, or a test with --resume. `parlour benchmark list` says which there are.")
    asked = Asked(
        benchmark=benchmark or SAMPLE,
        values=lambda tx, named: _values(tx, named, what),
        by=how.by,
        only_estimate=how.estimate,
        sample=how.sample,
        wait=how.wait,
        quiet=say.json,
    )
    try:
        ended = asyncio.run(run_whole(load(place), asked))
    except Refusal as refusal:
        if refusal.code not in _WRONG_OPTIONS:
            raise
        raise Problem(*(_WRONG_OPTIONS[refusal.code] or (refusal.text,)), status=WRONG) from None
    _tell(ended, say, place)


@app.command(name="resume")
@command
def resume_test(test: Which, place: Place, most: Most, say: Say, by: By = None) -> None:
    """Go on with a test that was halted, stopped or killed. Nothing that is complete is done again."""
    going = Going(test_id=test, by=by, bounds=_bounds(most), wait=True)
    _tell(asyncio.run(carry_on(load(place), going)), say, place)


@app.command(name="list")
@command
def list_tests(
    place: Place, as_json: Annotated[bool, typer.Option("--json", help="One line of JSON a test.")] = False
) -> None:
    """List all tests, newest first."""
    import msgspec

    from parlour.benchmarks.results.listing import all_tests, head_of
    from parlour.cli.testing_tables import print_tests

    database = opened(load(place))
    heads = database.read_here(
        lambda tx: [head_of(tx, acting(tx, None, each.snapshot), each) for each in all_tests(tx)]
    )
    if as_json:
        for head in heads:
            typer.echo(msgspec.json.encode(head).decode())
    else:
        print_tests(_console(), heads)


@app.command()
@command
def show(test: Which, place: Place) -> None:
    """Show how far a test is."""
    from parlour.benchmarks.reading import total_runs
    from parlour.benchmarks.results.listing import candidates_of, standing
    from parlour.benchmarks.results.reports.markdown import plain

    def read(tx: "Tx") -> list[str]:
        found = test_of(tx, test)
        now, runs = standing(tx, found), total_runs(found)
        state = f"{found.state}, halted: {found.halted}" if found.halted else found.state
        lines = [f"{found.name} ({found.snapshot.replay_mode}): {state}"]
        lines += [f"{each.title}: {now.completed.get(each.id, 0)} of {runs}" for each in candidates_of(tx, found)]
        lines.append(f"{now.active} running or waiting, {now.pending_judgements} judgements left, {now.failed} failed")
        if found.halted:
            lines.append(_going_on(found.id, found.halted, place))
        return lines

    for line in opened(load(place)).read_here(read):
        typer.echo(plain(line))


@app.command()
@command
def results(
    test: Which,
    place: Place,
    form: Annotated[Form, typer.Option("--format", help="The kind of report.")] = Form.table,
) -> None:
    """Say what came of a test, as far as it is."""
    from parlour.benchmarks.results.reports.formats import REPORTS

    found, cells = opened(load(place)).read_here(lambda tx: _results(tx, test))
    if form is Form.table:
        from parlour.cli.testing_tables import print_results

        print_results(_console(), found)
    else:
        typer.echo(REPORTS[form.value].write(found, cells), nl=False)


@app.command()
@command
def stop(test: Which, place: Place, by: By = None) -> None:
    """Stop what runs of a test; `resume` goes on with it."""
    from parlour.benchmarks.running.stopping import stop_test
    from parlour.testing import rules_of

    settings = load(place)

    def act(tx: "Tx") -> int:
        found = test_of(tx, test)
        return len(stop_test(tx, acting(tx, by, found.snapshot), found.id, rules_of(settings)))

    typer.echo(f"Stopped; {opened(settings).write_here(act)} replays were running or waiting.")


@app.command()
@command
def mark(
    test: Which,
    replay: Annotated[str, typer.Argument(metavar="REPLAY_ID", help="The case, as the reports say it.")],
    given: Given,
    place: Place,
) -> None:
    """Mark a replay as a person, so that judges can be compared with people."""
    from parlour.benchmarks.entities import ReplayId
    from parlour.benchmarks.judging.marks import Marking
    from parlour.benchmarks.judging.marks import mark as keep_mark

    def act(tx: "Tx") -> str:
        found = test_of(tx, test)
        actor = acting(tx, given.by, found.snapshot)
        levels = _levels(tx, test, replay, given.level)
        marking = Marking(test_id=found.id, replay_id=ReplayId(replay), levels=levels, summary=given.summary)
        return keep_mark(tx, actor, marking)

    typer.echo(f"Mark {opened(load(place)).write_here(act)} was kept.")


def _levels(tx: "Tx", test_id: str, replay_id: str, given: Sequence[str]) -> dict[str, str]:
    """From `Warmth=4` the ids of criterion and level."""
    from parlour.benchmarks.results.cell import cell_detail

    found = test_of(tx, test_id)
    rubric = cell_detail(tx, acting(tx, None, found.snapshot), test_id, replay_id).rubric
    groups = {group.name.casefold(): group for group in rubric.groups} if rubric else {}
    levels: dict[str, str] = {}
    for each in given:
        name, _, points = each.partition("=")
        group = groups.get(name.strip().casefold())
        if group is None:
            raise Problem(
                f"The rubric has no criterion {name}; there are: {', '.join(g.name for g in groups.values())}."
            )
        standard = next((level.id for level in group.standards if str(level.points) == points.strip()), None)
        if standard is None:
            raise Problem(f"{group.name} has levels of {', '.join(str(s.points) for s in group.standards)} points.")
        levels[group.id] = standard
    return levels


def _values(tx: "Tx", named: str, what: Run) -> "TestValues":
    """The options as the body of a request, so that the same is refused in the same words."""
    from pydantic import ValidationError

    from parlour.wire.http.problems import refusal_of_validation
    from parlour.wire.rest.testing.bodies import TestValues

    benchmark = named_benchmark(tx, named)
    known = {name: each.id for each in benchmark.candidates for name in (each.id, each.title.casefold())}
    plan = {
        "parallel": what.parallel, "seed": what.seed, "looks": what.looks, "recorded": what.recorded,
        "confidence": what.confidence, **_bounds(what),
    }  # fmt: skip
    candidates = [
        {"id": known[found]} if (found := each if each in known else each.casefold()) in known
        else {"title": each, "model": each}
        for each in what.candidate or ()
    ]  # fmt: skip
    values = {
        "candidates": candidates or None,
        "repeats": what.repeats,
        "judges": what.judge or None,
        "replay_mode": what.mode.value if what.mode else None,
        "baseline": what.baseline,
        "prefer": what.prefer,
        "plan": plan,
    }
    try:
        return TestValues.model_validate({name: value for name, value in values.items() if value is not None})
    except ValidationError as error:
        raise Problem(refusal_of_validation(error).text, status=WRONG) from None


def _bounds(most: Most) -> dict[str, object]:
    given = {
        "cost_max": most.max_cost, "currency": most.currency, "tokens_max": most.max_tokens,
        "seconds_max": most.max_seconds, "failures_max": most.max_failures,
    }  # fmt: skip
    return {name: value for name, value in given.items() if value is not None}


def _results(tx: "Tx", test_id: str) -> "tuple[Results, list[CellShown]]":
    from parlour.benchmarks.results.assembling import results_of
    from parlour.benchmarks.results.data import read
    from parlour.benchmarks.results.exporting import all_cells

    data = read(tx, test_of(tx, test_id))
    return results_of(data), all_cells(tx, data)


def _tell(ended: "Ended | None", say: Say, place: Place) -> None:
    """Write the reports, and end with the exit status that they deserve."""
    if ended is None:
        return
    from parlour.benchmarks.results.reports.formats import REPORTS
    from parlour.benchmarks.results.reports.markdown import plain
    from parlour.cli.testing_tables import print_results

    found = ended.results
    for report, file in ((REPORTS["junit"], say.junit), (REPORTS["markdown"], say.markdown)):
        if file is not None:
            _write(file, report.write(found, ended.cells))
    if say.json:
        typer.echo(REPORTS["json"].write(found, ended.cells), nl=False)
    else:
        print_results(_console(), found)
    if not found.final:
        why = f" ({found.test.halted})" if found.test.halted else ""
        typer.echo(f"The test is not finished{why}. {_going_on(found.test.id, found.test.halted, place)}", err=True)
        raise typer.Exit(UNFINISHED)
    below = [each.title for each in found.candidates if _is_below(each.mean, say.fail_under)]
    worse = [each.b_title for each in found.comparisons if say.fail_if_worse and each.word == "worse"]
    for title in below:
        typer.echo(f"{plain(title)} has less than {say.fail_under} points of 100.", err=True)
    for title in worse:
        typer.echo(f"{plain(title)} is worse.", err=True)
    if below or worse:
        raise typer.Exit(BELOW)


def _going_on(test_id: str, halted: str | None, place: Place) -> str:
    """The next step for an unfinished test, as it can be typed; no address of a database, it may have a password."""
    where = [f" --{name} {shlex.quote(str(at))}" for name, at in (("data", place.data), ("config", place.config)) if at]
    more = f" --max-{'seconds' if halted == 'time' else halted} MORE" if halted in _BOUNDS else ""
    return f"Go on with: parlour test resume {test_id}{''.join(where)}{more}"


def _is_below(mean: float | None, least: float | None) -> bool:
    return least is not None and (mean is None or mean * 100 < least)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Problem(f"{file} cannot be written: {error.strerror}.") from None


def _console() -> "Console":
    from rich.console import Console

    return Console(markup=False, highlight=False, emoji=False)
