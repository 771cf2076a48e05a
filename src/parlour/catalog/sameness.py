"""Whether what a bundle says is what is stored already, whatever the parts of it are called.

A bundle does not write down the ids of statements, questions, levels or files. Content that was made in the house, and
comes back in a bundle unchanged, must stay the version that it is; so must what was stored before there was a member of
which it has nothing.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import cast

from parlour.catalog.benchmarks import Recording
from parlour.catalog.entities import Entry, Rubric
from parlour.kernel.decoding import decode_untyped

DigestOf = Callable[[str], str | None]
"""The SHA-256 of the file with an upload id; None if there is no such file."""

_CALLED = frozenset({"id", "question_id", "standard_group_id"})
_PIN = re.compile(r'("(?:dialogue|scenario|rubric)_version"):(?:[0-9]+|null)')
_UNORDERED = frozenset({"model_ids", "rubric_ids"})


def same(stored: str, new: str, digest_of: DigestOf) -> bool:
    """Whether two bodies (JSON) of one object say the same."""
    return stored == new or _bare(decode_untyped(stored), digest_of) == _bare(decode_untyped(new), digest_of)


def same_but_pins(stored: str, new: str, digest_of: DigestOf) -> bool:
    """The same, whichever versions of other objects the two name."""
    return same(_PIN.sub(r"\1:0", stored), _PIN.sub(r"\1:0", new), digest_of)


def renamed_groups(stored: Rubric, new: Rubric) -> Mapping[str, str]:
    """The ids that the criteria of a rubric have, by those that the same ones have in a bundle."""
    return {there.id: here.id for here, there in zip(stored.groups, new.groups, strict=True)}


def with_chats_of(stored: Entry, new: Entry) -> Entry:
    """An entry whose chats keep the ids that those of the same scenarios have."""
    known = {template.scenario_id: template.id for template in stored.templates}
    templates = tuple(replace(each, id=known.get(each.scenario_id, each.id)) for each in new.templates)
    return replace(new, templates=templates) if len({each.id for each in templates}) == len(templates) else new


def with_origin_of(stored: Recording, new: Recording) -> Recording:
    """A recording with what a bundle cannot say: which chat it was made from, and whose consent it rests on."""
    consent = new.consent
    if consent is not None and stored.consent is not None:
        consent = replace(consent, account_id=stored.consent.account_id, recorded_by=stored.consent.recorded_by)
    return replace(
        new,
        group_id=stored.group_id,
        source_chat_id=stored.source_chat_id,
        names_replaced=stored.names_replaced,
        cluster=stored.cluster,
        consent=consent or stored.consent,
    )


def _bare(value: object, digest_of: DigestOf) -> object:
    if isinstance(value, dict):
        members = cast("dict[str, object]", value)
        said = {name: each for name, each in members.items() if name not in _CALLED and each != []}
        return {name: _member(name, each, digest_of) for name, each in said.items()}
    if isinstance(value, list):
        return [_bare(each, digest_of) for each in cast("list[object]", value)]
    return value


def _member(name: str, value: object, digest_of: DigestOf) -> object:
    if name == "upload_id" and isinstance(value, str):
        return digest_of(value) or value
    if name in _UNORDERED and isinstance(value, list):
        return sorted(cast("list[str]", value))
    return _bare(value, digest_of)
