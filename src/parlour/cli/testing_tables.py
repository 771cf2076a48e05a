"""What `parlour test` prints."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from parlour.benchmarks.results.list_shapes import TestHead
    from parlour.benchmarks.results.shapes import Results

WIDE = 110


def print_results(console: "Console", results: "Results") -> None:
    """Candidates, judges, what is to be known about them, and last the verdicts."""
    from rich.table import Table

    from parlour.benchmarks.results.reports.markdown import between, plain, points

    table = Table(
        *("Candidate", "Scored", "Mean", "Interval", "Passed", "Every time", "Noise", "Failures"),
        title=f"{plain(results.test.name)} ({results.test.replay_mode}), points of 100",
    )
    for each in results.candidates:
        always, blame = each.pass_k[-1] if each.pass_k else None, each.blame
        faults = {
            "candidate": blame.candidate, "person": blame.person, "judge": blame.judge, "service": blame.infrastructure,
        }  # fmt: skip
        table.add_row(
            plain(each.title),
            f"{each.scored}/{each.cells}",
            points(each.mean),
            between(each.interval),
            f"{each.passes.successes}/{each.passes.trials}",
            points(always.rate) if always else "",
            points(each.noise.half_width),
            ", ".join(f"{count} {name}" for name, count in faults.items() if count) or "none",
        )
    console.print(table)
    _print_lines(console, [*_about_people(results), *(f"Note: {each}" for each in results.caveats)])
    for each in results.comparisons:
        _print_lines(console, [f"{each.word.upper()}: {each.sentence} p = {p_text(each.p_adjusted)}."])


def p_text(p: float) -> str:
    """A p-value as it is told."""
    return "below 0.001" if p < 0.001 else f"{p:.3f}"


def print_tests(console: "Console", heads: "Sequence[TestHead]") -> None:
    """The tests there are."""
    from rich.table import Table

    from parlour.benchmarks.results.reports.markdown import plain

    wide = console.width >= WIDE
    table = Table("Test", "Name", "Cases", "State", *(("Mode", "Owner") if wide else ()))
    table.columns[0].no_wrap = True  # an id that is cut short cannot be copied
    for each in heads:
        state = f"{each.state}, halted: {each.halted}" if each.halted else each.state
        more = (each.replay_mode, each.owner) if wide else ()
        table.add_row(each.test_id, plain(each.name), f"{each.completed}/{each.cells}", state, *more)
    console.print(table)


def _about_people(results: "Results") -> list[str]:
    """Who spoke in the recordings, and how far the judges can be believed."""
    from parlour.benchmarks.results.reports.markdown import between, points

    lines = [
        f"{each.title}: {points(each.mean)} ({between(each.interval)}, {each.n} recordings)" for each in results.people
    ]
    lines += [
        f"Judge {each.judge}{', counts' if each.counts else ''}: {each.n} grades, mean {points(each.mean)}"
        for each in results.judges
    ]
    found = results.agreement
    if found is not None:
        lines.append(f"Agreement of the judges: alpha {found.alpha:.3f}" if found.alpha is not None else found.reason)
    for human in results.human:
        kappa = human.reason if human.kappa is None else f"kappa {human.kappa:.3f}"
        lines.append(f"{human.judge} beside people: {kappa} ({human.n} levels)")
    return lines


def _print_lines(console: "Console", lines: Sequence[str]) -> None:
    from parlour.benchmarks.results.reports.markdown import plain

    for line in lines:
        console.print(plain(line), soft_wrap=True)
