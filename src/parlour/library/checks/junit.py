"""Tests of content as JUnit XML: a suite an artifact, a case for its rules and each trial."""

import re
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

from parlour.library.checks.bundled import Checked
from parlour.library.checks.findings import Finding
from parlour.library.checks.trials.entities import titled

# What XML 1.0 cannot hold, not even escaped.
_UNTELLABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Counts = tuple[int, int, int]


def junit(name: str, checked: Sequence[Checked], *, warnings_fail: bool) -> str:
    """A failure is an error, a trial that failed, and, with `warnings_fail`, a warning. Skipped trials are skipped."""
    suites = [_suite(each, warnings_fail=warnings_fail) for each in checked]
    tests, failures, skipped = (sum(counts[at] for _, counts in suites) for at in range(3))
    head = f"<testsuites name={_quoted(name)} {_counted((tests, failures, skipped))}>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n{"".join(text for text, _ in suites)}</testsuites>\n'


def _suite(checked: Checked, *, warnings_fail: bool) -> tuple[str, Counts]:
    name = f"{checked.type}.{checked.name}"
    bad = [each for each in checked.findings if each.severity == "error" or (warnings_fail and each.severity != "note")]
    cases = [_rules(name, bad, checked.findings)]
    failures, skipped = int(bool(bad)), 0
    for trial in checked.trials:
        head = f"    <testcase classname={_quoted(name)} name={_quoted(titled(trial))}"
        if trial.state == "passed":
            cases.append(f"{head}/>")
        elif trial.state == "skipped":
            skipped += 1
            cases.append(f"{head}><skipped message={_quoted(trial.summary)}/></testcase>")
        else:
            failures += 1
            told = _lines(trial.findings)
            said = [f"{line.who}: {line.text}" for line in trial.lines]
            text = escape(_clean("\n".join((*told, *said))))
            about = f"type={_quoted(trial.name)} message={_quoted(trial.summary)}"
            cases.append(f"{head}><failure {about}>{text}</failure></testcase>")
    counts = (len(cases), failures, skipped)
    rows = "\n".join(cases)
    return f"  <testsuite name={_quoted(name)} {_counted(counts)}>\n{rows}\n  </testsuite>\n", counts


def _rules(name: str, bad: Sequence[Finding], findings: Sequence[Finding]) -> str:
    head = f"    <testcase classname={_quoted(name)} name={_quoted('Rules')}"
    notes = "\n".join(_lines(findings))
    if bad:
        message = f"{bad[0].code}: {bad[0].message}" + (f" (and {len(bad) - 1} more)" if len(bad) > 1 else "")
        told = escape(_clean(notes))
        return f"{head}><failure type={_quoted(bad[0].code)} message={_quoted(message)}>{told}</failure></testcase>"
    return f"{head}><system-out>{escape(_clean(notes))}</system-out></testcase>" if notes else f"{head}/>"


def _lines(findings: Iterable[Finding]) -> list[str]:
    return [f"{each.severity} {each.code}: {each.message} {each.advice}".strip() for each in findings]


def _counted(counts: Counts) -> str:
    tests, failures, skipped = counts
    return f'tests="{tests}" failures="{failures}" errors="0" skipped="{skipped}"'


def _quoted(text: str) -> str:
    return quoteattr(_clean(text))


def _clean(text: str) -> str:
    return _UNTELLABLE.sub("\ufffd", text)
