"""Verbs on instruments. Each runs in an open transaction and never commits."""

import re
from collections.abc import Sequence
from dataclasses import replace

from parlour.assistant.experiments.entities import folded, tidy
from parlour.assistant.instruments import store
from parlour.assistant.instruments.entities import (
    DESCRIPTION_CHARS_MAX,
    NAME_CHARS_MAX,
    Instrument,
    InstrumentId,
    NewInstrument,
)
from parlour.files import actions as files
from parlour.files.search import index
from parlour.files.search.entities import NewChunk, Source
from parlour.kernel.refusals import Refusal
from parlour.storage.tx import Tx


def put(tx: Tx, new: NewInstrument, file_ids: Sequence[str] = ()) -> Instrument:
    """Keep an instrument with its documents, or make the one of that name like it. `Refusal`: `instrument_invalid`."""
    name = tidy(new.name)
    if not 0 < len(name) <= NAME_CHARS_MAX:
        raise Refusal("instrument_invalid", f"The name of an instrument has 1 to {NAME_CHARS_MAX} characters.")
    if len(new.description) > DESCRIPTION_CHARS_MAX:
        raise Refusal("instrument_invalid", f"A description has at most {DESCRIPTION_CHARS_MAX} characters.")
    wanted = Instrument(
        id=InstrumentId(tx.new_id()),
        name=name,
        aliases=tuple(dict.fromkeys(map(tidy, new.aliases))),
        description=new.description.strip(),
        location=new.location,
        mcp_server=new.mcp_server,
        super_users=tuple(dict.fromkeys(new.super_users)),
        file_ids=tuple(dict.fromkeys(file_ids)),
        created_at=tx.now_ms,
    )
    kept_id = store.put(tx, wanted)
    for file_id in wanted.file_ids:
        files.use(tx, file_id)
    source = Source(kind="instrument", id=kept_id, account_id=None)
    index.put(tx, source, [NewChunk(page=1, position=0, text=_told(wanted))])
    return replace(wanted, id=kept_id)


def instruments(tx: Tx) -> list[Instrument]:
    """All instruments by name."""
    return store.everything(tx)


def instrument(tx: Tx, instrument_id: str) -> Instrument | None:
    """An instrument by id."""
    return store.instrument(tx, instrument_id)


def of_name(tx: Tx, name: str) -> Instrument | None:
    """The instrument of that name."""
    wanted = folded(name)
    return next((each for each in store.everything(tx) if folded(each.name) == wanted), None)


def same(one: Instrument, other: Instrument) -> bool:
    """Whether nothing that people see of it differs."""
    return _content(one) == _content(other)


def named(tx: Tx, words: str) -> list[Instrument]:
    """The instruments that these words name: by id, name or alias; else those whose name they are part of."""
    wanted = folded(words)
    every = store.everything(tx)
    exact = [each for each in every if each.id == words.strip() or wanted in _names(each)]
    return exact or [each for each in every if wanted and any(wanted in name for name in _names(each))]


def mentioned(tx: Tx, text: str) -> list[Instrument]:
    """The instruments whose name or alias stands in a text."""
    there = folded(text)
    return [each for each in store.everything(tx) if any(_stands_in(name, there) for name in _names(each))]


def of_file(tx: Tx, file_id: str) -> Instrument | None:
    """The instrument that a document is about."""
    return store.by_file(tx, file_id)


def _stands_in(name: str, text: str) -> bool:
    """Whether a name stands in a text; of a name in Latin letters, as whole words."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None if name.isascii() else name in text


def _content(instrument: Instrument) -> Instrument:
    people, documents = tuple(sorted(instrument.super_users)), tuple(sorted(instrument.file_ids))
    return replace(instrument, super_users=people, file_ids=documents, created_at=0)


def _names(instrument: Instrument) -> list[str]:
    return [folded(instrument.name), *map(folded, instrument.aliases)]


def _told(instrument: Instrument) -> str:
    """What the search sees: every name, the place, the experts, the description."""
    also = f" ({', '.join(instrument.aliases)})" if instrument.aliases else ""
    lines = [f"{instrument.name}{also}", instrument.description]
    if instrument.location:
        lines.append(f"Location: {instrument.location}")
    if instrument.super_users:
        lines.append(f"Experts: {', '.join(instrument.super_users)}")
    return "\n\n".join(line for line in lines if line)
