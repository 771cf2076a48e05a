"""All built-in tools of lab protocol 8.2 but arXiv, as one source for the registry."""

from collections.abc import Sequence

from parlour.assistant.tools import date_time, experiments, history, instruments
from parlour.assistant.tools.papers import PaperTools, Summarise, TextReader
from parlour.assistant.tools.ports import Tool
from parlour.kernel.dataclass import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class BuiltInNeed:
    """What the tools need beside the database: who reads texts, and a model for summaries if there is one."""

    reader: TextReader
    summarise: Summarise | None = None


class BuiltInTools:
    """A `ToolSource` of the fifteen tools that are always there."""

    def __init__(self, need: BuiltInNeed) -> None:
        papers = PaperTools(need.reader, need.summarise)
        self._tools = (date_time.TOOL, history.TOOL, *papers.tools(), *experiments.TOOLS, instruments.TOOL)

    def tools(self) -> Sequence[Tool]:
        """Always the same."""
        return self._tools
