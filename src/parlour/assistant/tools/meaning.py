"""Searches that also compare meanings (lab protocol 9.4): embeddings order what words have found.

Where the embedding service fails, the search goes on without it.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from parlour.assistant.entities import JsonValue
from parlour.assistant.tools import arguments as given
from parlour.assistant.tools.ports import Call, Flow, Outside, Tool, ToolSource
from parlour.files.search.embedding import Embeddings, encoded


class MeaningfulSearches:
    """A `ToolSource`: the same tools, but those that take a `query` get its embedding first."""

    def __init__(self, source: ToolSource, embeddings: Embeddings) -> None:
        self._tools = tuple(_with_meaning(tool, embeddings) for tool in source.tools())

    def tools(self) -> Sequence[Tool]:
        """Always the same."""
        return self._tools


def _with_meaning(tool: Tool, embeddings: Embeddings) -> Tool:
    properties = tool.parameters.get("properties")
    if not isinstance(properties, Mapping) or "query" not in properties:
        return tool

    def run(call: Call) -> Flow:
        query = given.words(call, "query")
        if not query:
            return (yield from tool.run(call))
        meaning = yield Outside(name="compare meanings", call=_vector(embeddings, query), idempotent=True)
        return (yield from tool.run(replace(call, meaning=meaning if isinstance(meaning, str) else None)))

    return replace(tool, run=run)


def _vector(embeddings: Embeddings, query: str) -> Callable[[str], Awaitable[JsonValue]]:
    async def ask(_: str) -> JsonValue:
        vector = await embeddings.vector_of(query)
        return encoded(vector) if vector else None

    return ask
