"""Forgetting the words of a conversation that is deleted: in drafts, and in what published versions rest on."""

from collections.abc import Iterable
from dataclasses import replace

import msgspec

from parlour.catalog import authored
from parlour.drafts import store
from parlour.drafts.values import Values, Written
from parlour.kernel.decoding import decode
from parlour.storage.tx import Tx


def forget_sources(tx: Tx, source_ids: Iterable[str]) -> None:
    """Take these sources out of every draft, every quote from them, and what tests found with them.

    What was written from them stays.
    """
    for source_id in source_ids:
        for draft in store.drafts_naming(tx, source_id):
            body = draft.artifact
            left = replace(
                body,
                sources=tuple(each for each in body.sources if each.id != source_id),
                values=without_quotes(body.values, source_id),
                replaced=without_quotes(body.replaced, source_id),
            )
            if left != body:
                store.rewrite(tx, draft.id, left)
                store.forget_checks(tx, draft.id)
        for kept in authored.values_naming(tx, source_id):
            written = decode(kept.body, Written)
            unquoted = replace(written, values=without_quotes(written.values, source_id))
            if unquoted != written:
                authored.put_values(tx, kept.id, kept.version, msgspec.json.encode(unquoted).decode())


def without_quotes(values: Values, source_id: str) -> Values:
    """The values without what is quoted from a source."""
    return {
        type_name: tuple(
            replace(value, spans=tuple(span for span in value.spans if span.source_id != source_id)) for value in found
        )
        for type_name, found in values.items()
    }
