"""The formats of reports, by name."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec

from parlour.benchmarks.results.list_shapes import CellShown
from parlour.benchmarks.results.reports.junit import junit
from parlour.benchmarks.results.reports.markdown import markdown
from parlour.benchmarks.results.shapes import FORMAT, FORMAT_VERSION, Results
from parlour.kernel.dataclass import dataclass

FormatName = Literal["json", "markdown", "junit"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """A kind of report: its media type, the ending of its file, and who writes it."""

    media_type: str
    ending: str
    write: Callable[[Results, Sequence[CellShown]], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Whole:
    """The JSON report."""

    format: str
    version: int
    results: Results
    cells: Sequence[CellShown]


def as_json(results: Results, cells: Sequence[CellShown]) -> str:
    """Everything, in one document; members as in docs/reference/tests.md."""
    whole = Whole(format=FORMAT, version=FORMAT_VERSION, results=results, cells=cells)
    return msgspec.json.format(msgspec.json.encode(whole), indent=1).decode() + "\n"


REPORTS: Mapping[FormatName, Report] = {
    "json": Report(media_type="application/json", ending="json", write=as_json),
    "markdown": Report(media_type="text/markdown", ending="md", write=markdown),
    "junit": Report(media_type="application/xml", ending="xml", write=junit),
}
