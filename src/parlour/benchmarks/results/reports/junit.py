"""JUnit XML: a suite a candidate, a case a cell. As continuous integration reads it, there is no one standard; this
keeps to what the schema of Jenkins' xunit plugin and most readers have in common."""

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from parlour.benchmarks.results.list_shapes import CellShown
from parlour.benchmarks.results.shapes import CandidateResult, Results

# What XML 1.0 cannot hold, not even escaped.
_UNTELLABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(results: Results, cells: Sequence[CellShown]) -> str:
    """A failure is a cell that did not pass by the candidate's or the simulated person's fault; an error one that says
    nothing about the candidate (judge, infrastructure); what is not decided is skipped. Verdicts are properties."""
    suites = [_suite(results, each, [cell for cell in cells if cell.invocation_id == each.invocation_id]) for each in
              results.candidates]  # fmt: skip
    counts = [sum(each) for each in zip(*(_counts(suite) for _, suite in suites), strict=True)] or [0, 0, 0, 0]
    head = f"<testsuites name={_quoted(results.test.name)} {_counted(counts)}>"
    body = "".join(text for text, _ in suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n{body}</testsuites>\n'


def _suite(results: Results, candidate: CandidateResult, cells: list[CellShown]) -> tuple[str, list[str]]:
    name = f"{results.test.benchmark_name}.{candidate.title}"
    kinds = [_kind(cell) for cell in cells]
    properties = [("test_id", results.test.id), ("model", candidate.model), ("replay_mode", results.test.replay_mode)]
    properties += [("seed", str(results.test.seed)), ("state", results.test.halted or results.test.state)]
    if candidate.mean is not None:
        properties.append(("mean", f"{candidate.mean:.4f}"))
    properties += [
        (f"verdict beside {each.a_title}", f"{each.word}: {each.sentence}")
        for each in results.comparisons
        if each.b == candidate.invocation_id
    ]
    lines = [f"  <testsuite name={_quoted(name)} {_counted(_counts(kinds))}>", "    <properties>"]
    lines += [f"      <property name={_quoted(key)} value={_quoted(value)}/>" for key, value in properties]
    lines.append("    </properties>")
    lines += [_case(name, cell, kind) for cell, kind in zip(cells, kinds, strict=True)]
    lines.append("  </testsuite>")
    return "\n".join(lines) + "\n", kinds


def _case(suite: str, cell: CellShown, kind: str) -> str:
    seconds = f"{(cell.milliseconds or 0) / 1000:.3f}"
    name = f"{cell.recording_title} #{cell.repetition}"
    head = f"    <testcase classname={_quoted(suite)} name={_quoted(name)} time={_quoted(seconds)}"
    if kind == "passed":
        return head + "/>"
    if kind == "skipped":
        return f"{head}><skipped message={_quoted(cell.state)}/></testcase>"
    label = cell.blame or ("infrastructure" if cell.state == "failed" else "candidate")
    told = cell.error or _points(cell)
    said = escape(_clean("\n".join(_lines(cell))))
    return f"{head}><{kind} type={_quoted(label)} message={_quoted(told)}>{said}</{kind}></testcase>"


def _kind(cell: CellShown) -> str:
    if cell.blame in ("judge", "infrastructure") or cell.state == "failed":
        return "error"
    if cell.passed is None:
        return "skipped"
    return "passed" if cell.passed else "failure"


def _counts(kinds: Sequence[str]) -> list[int]:
    return [len(kinds), kinds.count("failure"), kinds.count("error"), kinds.count("skipped")]


def _counted(counts: Sequence[int]) -> str:
    names = ("tests", "failures", "errors", "skipped")
    return " ".join(f'{name}="{count}"' for name, count in zip(names, counts, strict=True))


def _points(cell: CellShown) -> str:
    if cell.failed_checks:
        return f"check {cell.failed_checks[0].key} failed"
    return f"{cell.score} of {cell.total_points} points" if cell.score is not None else "not passed"


def _lines(cell: CellShown) -> list[str]:
    lines = [f"replay {cell.replay_id}"]
    lines += [f"check {each.key} ({each.kind}): {each.detail}" for each in cell.failed_checks]
    for each in cell.evidence:
        turn = f"turn {each.turn}: " if each.turn is not None else ""
        lines.append(turn + each.reason + (f' "{each.quote}"' if each.quote else ""))
    return lines


def _quoted(text: str) -> str:
    return quoteattr(_clean(text))


def _clean(text: str) -> str:
    return _UNTELLABLE.sub("\ufffd", text)
