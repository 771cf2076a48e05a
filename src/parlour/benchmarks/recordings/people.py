"""Who may be named in a conversation, and by which words. Pure."""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import Literal

from parlour.benchmarks.recordings.tokens import Token, composed, folded, is_solid, spellings, words
from parlour.benchmarks.recordings.words import PARTICLES, TITLES, WORDS
from parlour.kernel.dataclass import dataclass

Role = Literal["given", "family", "particle"]
_ASIDE = re.compile(r"\([^)]*\)")
_SHORT = 2
_SOLID_FAMILY = 1  # characters of a family name that stands before a given one without a space


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody who may be named. `present`: takes part in the conversation, so that every mention is meant."""

    name: str
    user_id: str | None = None
    email: str | None = None
    present: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A word of a person's name. `shared`: it is an everyday word, too."""

    person: int
    role: Role
    shared: bool


@dataclass(kw_only=True, slots=True)
class Known:
    """The words by which people are known: parts of names and handles by their folded form, names in solid scripts.

    `initials` are those of each person's given names. A word that stands for several people stands for the first one.
    """

    parts: dict[str, list[Part]] = field(default_factory=dict[str, list[Part]])
    handles: dict[str, int] = field(default_factory=dict[str, int])
    emails: dict[str, int] = field(default_factory=dict[str, int])
    solid: dict[str, int] = field(default_factory=dict[str, int])
    initials: list[frozenset[str]] = field(default_factory=list[frozenset[str]])


def known(people: Sequence[Person], vocabulary: frozenset[str]) -> Known:
    """The words of these people, those present first. What is in `vocabulary` (folded) is an everyday word here."""
    found = Known()
    for number, person in enumerate(people):
        named = list(_parts(person.name))
        found.initials.append(frozenset(folded(word)[:1] for word, role in named if role == "given"))
        for word, role in named:
            for spelled in spellings(word):
                shared = role == "particle" or _is_shared(spelled, vocabulary, present=person.present)
                found.parts.setdefault(spelled, []).append(Part(number, role, shared))
        _solid(found, person.name, number)
        _handles(found, person, number, [word for word, _ in named])
        if person.email:
            found.emails.setdefault(person.email.casefold(), number)
    return found


def _is_shared(spelled: str, vocabulary: frozenset[str], *, present: bool) -> bool:
    return spelled in WORDS or spelled in vocabulary or (len(spelled) <= _SHORT and not present)


def _parts(name: str) -> Iterator[tuple[str, Role]]:
    """The words of a name with what they are; titles, initials and asides are left out."""
    plain = _ASIDE.sub(" ", composed(name))
    family_first = "," in plain
    before, _, after = plain.partition(",")
    chunks = _chunks(after) + _chunks(before) if family_first else _chunks(plain)
    if not chunks:
        return
    border = len(_chunks(after)) if family_first else len(chunks) - 1
    for index, chunk in enumerate(chunks):
        role: Role = "given" if index < border or len(chunks) == 1 else "family"
        if 0 < index < border and folded(chunk[0].text) in PARTICLES:
            role = "particle"
        for token in chunk:
            if len(token.text) > 1 or is_solid(token.text):
                yield token.text, role
        yield from _apostrophes(chunk, role)


def _apostrophes(chunk: Sequence[Token], role: Role) -> Iterator[tuple[str, Role]]:
    """`O'Brien` is also written `OBrien`, and its `O` is nothing without the rest."""
    for letter, rest in itertools.pairwise(chunk):
        if len(letter.text) == 1 and rest.start == letter.end + 1 and not is_solid(letter.text):
            yield letter.text, "particle"
            yield letter.text + rest.text, role


def _chunks(text: str) -> list[list[Token]]:
    """What stands between spaces, as words: `Anna-Lena` is one chunk of two."""
    chunks = [list(words(chunk)) for chunk in text.split()]
    return [chunk for chunk in chunks if chunk and folded(chunk[0].text) not in TITLES]


def _solid(found: Known, name: str, number: int) -> None:
    """Names in scripts without spaces: the whole, and the given name if it has two characters at least."""
    pieces = [piece for piece in composed(name).split() if is_solid(piece)]
    if not pieces:
        return
    whole = "".join(pieces)
    given = pieces[-1] if len(pieces) > 1 else whole[_SOLID_FAMILY:]
    for text in (" ".join(pieces), whole, given):
        if len(text) >= _SHORT:
            found.solid.setdefault(text, number)


def _handles(found: Known, person: Person, number: int, named: Sequence[str]) -> None:
    """The user id, and for who is present what people make of a name for a sign-in."""
    if person.user_id:
        found.handles.setdefault(person.user_id.casefold(), number)
    if person.present and len(named) > 1:
        first, last = folded(named[0]), folded(named[-1])
        for made in (first + last, last + first, first[:1] + last, first + last[:1]):
            if len(made) > _SHORT + _SHORT and made not in WORDS:
                found.handles.setdefault(made, number)
