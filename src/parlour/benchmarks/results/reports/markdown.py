"""A summary in Markdown: the verdicts first, then what they rest on."""

import re
import unicodedata
from collections.abc import Sequence

from parlour.benchmarks.results.list_shapes import CellShown
from parlour.benchmarks.results.shapes import Comparison, Range, Results

CASES_MAX = 30
_MARKUP = re.compile(r"[\\`*_\[\]|~#!]")
_STEERING = frozenset(("Cc", "Cf", "Zl", "Zp", "Cs"))


def markdown(results: Results, cells: Sequence[CellShown]) -> str:
    """Verdicts, candidates, judges, failed cases (the first thirty), caveats."""
    parts = [
        _head(results),
        _verdicts(results),
        _candidates(results),
        _people(results),
        _judges(results),
        _cases(cells),
        _said("What to know", results.caveats),
        _said("Formulas", results.formulas),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def points(share: float | None) -> str:
    """A share of all points as points of 100."""
    return "–" if share is None else f"{share * 100:.1f}"


def between(interval: Range | None, *, signed: bool = False) -> str:
    """An interval in points of 100."""
    if interval is None:
        return "–"
    form = "+.1f" if signed else ".1f"
    return f"{interval.low * 100:{form}} to {interval.high * 100:{form}}"


def p_value(p: float) -> str:
    """A p-value, with no more digits than it is worth."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def cell_text(text: str) -> str:
    """Text for one cell of a table, as text: it makes no markup, no link, no picture and calls nobody."""
    return _MARKUP.sub(r"\\\g<0>", plain(text)).replace("<", "&lt;").replace("@", "&#64;")


def code_text(text: str) -> str:
    """Text for a span of code in a cell of a table."""
    return plain(text).replace("`", "'").replace("|", "\\|")


def plain(text: str) -> str:
    """Text on one line, without what steers a terminal or turns the direction of writing."""
    return " ".join("".join(" " if unicodedata.category(each) in _STEERING else each for each in text).split())


def _head(results: Results) -> str:
    test, progress = results.test, results.progress
    state = "finished" if results.final else f"not finished ({test.halted or test.state})"
    repetitions = "repetition" if test.repeats == 1 else "repetitions"
    costs = " + ".join(f"{each.amount:.4f} {each.currency}" for each in progress.spent.costs)
    spent = f"{progress.spent.input_tokens + progress.spent.output_tokens:,} tokens" + (f", {costs}" if costs else "")
    return (
        f"# {cell_text(test.name)}\n\n"
        f"Benchmark *{cell_text(test.benchmark_name)}* (version {test.benchmark_version}), {test.recordings} recordings"
        f" in {test.scenarios} scenarios, {test.repeats} {repetitions}, mode `{test.replay_mode}`, seed {test.seed}."
        f" {progress.completed} of {progress.cells} cases completed: {state}. Spent: {spent}."
    )


def _verdicts(results: Results) -> str:
    if not results.comparisons:
        return ""
    lines = ["## Verdicts", "", *(f"- **{each.word}**: {cell_text(each.sentence)}" for each in results.comparisons), ""]
    lines += [
        "| Candidate | beside | Difference | Interval | p (Holm) | Passes | Preferred | Detectable |",
        "|---|---|---:|---|---:|---:|---|---:|",
        *(_verdict(each) for each in results.comparisons),
    ]
    return "\n".join(lines)


def _verdict(made: Comparison) -> str:
    preferred = made.preference
    rate = "" if preferred is None or preferred.rate_b is None else f"{preferred.rate_b:.0%}"
    signed = "–" if made.difference is None else f"{made.difference * 100:+.1f}"
    gained = f"+{made.passes.b_only} −{made.passes.a_only}"
    columns = (
        *(cell_text(made.b_title), cell_text(made.a_title), signed, between(made.interval, signed=True)),
        *(p_value(made.p_adjusted), gained, rate, points(made.detectable)),
    )
    return f"| {' | '.join(columns)} |"


def _candidates(results: Results) -> str:
    lines = [
        "## Candidates",
        "",
        "Scores in points of 100.",
        "",
        "| Candidate | Model | Scored | Mean | Interval | Passed | every time | Noise | ms (95 %) | Blame c/p/j/i |",
        "|---|---|---:|---:|---|---:|---:|---:|---:|---|",
    ]
    for each in results.candidates:
        always = each.pass_k[-1] if each.pass_k else None
        blame = each.blame
        columns = (
            cell_text(each.title),
            f"`{code_text(each.model)}`",
            f"{each.scored}/{each.cells}",
            points(each.mean),
            between(each.interval),
            f"{each.passes.successes}/{each.passes.trials}",
            f"{points(always.rate)} (k={always.k})" if always else "",
            points(each.noise.half_width),
            "" if each.milliseconds_p95 is None else str(each.milliseconds_p95),
            f"{blame.candidate}/{blame.person}/{blame.judge}/{blame.infrastructure}",
        )
        lines.append(f"| {' | '.join(columns)} |")
    return "\n".join(lines)


def _people(results: Results) -> str:
    if not results.people:
        return ""
    lines = [
        f"- {cell_text(each.title)}: {points(each.mean)} (interval {between(each.interval)}, {each.n} recordings)"
        for each in results.people
    ]
    return "\n".join(["## People on the same scale", "", *lines])


def _judges(results: Results) -> str:
    if not results.judges:
        return ""
    lines = [
        f"- `{code_text(each.judge)}`{' (counts)' if each.counts else ''}: {each.n} grades, mean {points(each.mean)}"
        + (f", {each.failed} in vain" if each.failed else "")
        for each in results.judges
    ]
    found = results.agreement
    if found is not None:
        alpha = cell_text(found.reason) if found.alpha is None else f"alpha {found.alpha:.3f} over {found.units} cases"
        lines.append(f"- Agreement of the panel (Krippendorff): {alpha}")
    for each in results.human:
        kappa = each.reason if each.kappa is None else f"weighted kappa {each.kappa:.3f}"
        lines.append(f"- `{code_text(each.judge)}` beside people: {kappa} ({each.n} levels in {each.cases} cases)")
        lines += [
            f"  - {cell_text(bias.criterion)}: {bias.mean * 100:+.1f} points of 100"
            f" (interval {between(bias.interval, signed=True)})"
            for bias in each.bias
        ]
    return "\n".join(["## Judges", "", *lines])


def _cases(cells: Sequence[CellShown]) -> str:
    failed = [cell for cell in cells if cell.blame is not None]
    if not failed:
        return ""
    lines = ["## Cases that failed", "", "| Case | Candidate | Blame | Evidence |", "|---|---|---|---|"]
    for cell in failed[:CASES_MAX]:
        shown = cell.evidence[0] if cell.evidence else None
        why = "" if shown is None else shown.reason + (f' "{shown.quote}"' if shown.quote else "")
        name = f"{cell_text(cell.recording_title)} #{cell.repetition}"
        lines.append(f"| {name} | {cell_text(cell.title)} | {cell.blame} | {cell_text(why)} |")
    if len(failed) > CASES_MAX:
        lines.append(f"\nand {len(failed) - CASES_MAX} more.")
    return "\n".join(lines)


def _said(title: str, sentences: Sequence[str]) -> str:
    return "\n".join([f"## {title}", "", *(f"- {cell_text(each)}" for each in sentences)]) if sentences else ""
