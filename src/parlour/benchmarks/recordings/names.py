"""Names of people in a conversation, replaced by neutral ones: the same person is the same neutral name throughout.

Found are: whole names and their parts as whole words, in any case, with or without accents, in any order, with
initials, in possessives (`Lukas'`, German `Lenas`), inside of sign-in names; addresses and numbers of `numbers.py`.
A part that is an everyday word, too (`Will`, `Koch`), counts next to another part of the name, after a title or a
greeting, and of who is present where it is written with a capital inside of a sentence. Not found are nicknames,
inflected names of other languages, and people nobody here knows.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from parlour.benchmarks.recordings.numbers import Numbered, digits, numbers
from parlour.benchmarks.recordings.people import Part, Person, known
from parlour.benchmarks.recordings.tokens import Token, composed, folded, spellings, words
from parlour.benchmarks.recordings.words import FAMILY, GIVEN, GREETINGS, HAN, TITLES, WORDS
from parlour.kernel.dataclass import dataclass

_HANDLE = re.compile(r"@?(\w(?:[\w.+-]*\w)?)")
_PIECE = re.compile(r"\w+")
_GAP = re.compile(r"[ \t\u00a0]{0,2}|[-_'\u2019.]|\.[ \t\u00a0]|[ \t\u00a0]?\n[ \t\u00a0]?")
_COMMA = re.compile(r",[ \t\u00a0]?")
_APOSTROPHES = "'\u2019\u02bc"
_SIBILANTS = ("s", "x", "z", "\u00df", "ce")
_GENITIVE_MIN = 4
_PHONES = 100


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    text: str


class _Spans:
    """What is to be replaced in a text; no two pieces overlap, the first one holds."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._taken = bytearray(len(text))
        self.found: list[_Span] = []

    def are_free(self, start: int, end: int) -> bool:
        return not any(self._taken[start:end])

    def add(self, span: _Span) -> None:
        if self.are_free(span.start, span.end):
            self._taken[span.start : span.end] = b"\x01" * (span.end - span.start)
            self.found.append(span)

    def replaced(self) -> str:
        pieces: list[str] = []
        at = 0
        for span in sorted(self.found, key=lambda each: each.start):
            pieces += [self._text[at : span.start], span.text]
            at = span.end
        return "".join([*pieces, self._text[at:]])


@dataclass(frozen=True, slots=True)
class _Hit:
    """A word that may be a part of somebody's name; `genitive`: with a German `s` at its end."""

    token: Token
    parts: tuple[Part, ...]
    genitive: bool = False

    @property
    def side(self) -> str:
        """Whether its first part is of the given or of the family name; particles go with the latter."""
        return "given" if self.parts[0].role == "given" else "family"


class Neutraliser:
    """Replaces the names of these people in texts that belong together; `count` says how many it replaced.

    `texts` are all that will be given to it: a neutral name is none that is in them or that anybody bears.
    `authored` are texts of the house that name nobody by chance: their small-letter words are everyday words.
    """

    def __init__(self, people: Sequence[Person], texts: Iterable[str], authored: Iterable[str] = ()) -> None:
        self._people = sorted(people, key=lambda person: not person.present)
        spoken = {token.text for text in authored for token in words(composed(text)) if not token.capital}
        self._known = known(self._people, frozenset(folded(word) for word in spoken))
        taken = {form for text in texts for token in words(composed(text)) for form in spellings(token.text)}
        taken |= set(self._known.parts)
        self._given = _free(GIVEN, taken)
        self._family = _free(FAMILY, taken)
        self._han = iter([name for name in HAN if not any(known in name for known in self._known.solid)])
        self._solid = _any_of(self._known.solid)
        self._neutral: dict[int, tuple[str, str]] = {}
        self._han_names: dict[int, str] = {}
        self._numbers: dict[tuple[str, str], str] = {}
        self.count = 0

    def replaced(self, text: str) -> str:
        """The text with neutral names, addresses and numbers."""
        text = composed(text)
        spans = _Spans(text)
        for found in numbers(text):
            if spans.are_free(found.start, found.end):
                spans.add(_Span(found.start, found.end, self._number(found)))
        for span in self._handles(text):
            spans.add(span)
        if self._solid is not None:
            for match in self._solid.finditer(text):
                spans.add(_Span(*match.span(), self._in_han(self._known.solid[match[0]])))
        for span in self._names(text, [token for token in words(text) if spans.are_free(token.start, token.end)]):
            spans.add(span)
        self.count += len(spans.found)
        return spans.replaced()

    def _number(self, found: Numbered) -> str:
        if found.kind == "email":
            person = self._known.emails.get(found.text.casefold())
            if person is None:
                person = self._bearer(found.text.partition("@")[0])
            if person is not None:
                return f"{self._handle_of(person)}@example.org"
        plain = found.text.casefold() if found.kind == "email" else digits(found.text)
        key = (found.kind, plain)
        if key not in self._numbers:
            order = sum(kind == found.kind for kind, _ in self._numbers) + 1
            self._numbers[key] = _number_of(found, order)
        return self._numbers[key]

    def _bearer(self, local: str) -> int | None:
        """Whose the local part of an address is: a sign-in name, or with a part of a name that is no other word."""
        if local.casefold() in self._known.handles:
            return self._known.handles[local.casefold()]
        parts = [part for token in words(local) for part in self._known.parts.get(folded(token.text), ())]
        return next((part.person for part in parts if not part.shared), None)

    def _handles(self, text: str) -> Iterator[_Span]:
        for whole in _HANDLE.finditer(text):
            pieces = (
                [whole] if whole[1].casefold() in self._known.handles else list(_PIECE.finditer(text, *whole.span(1)))
            )
            for match in pieces:
                handle = (match[1] if match is whole else match[0]).casefold()
                person = self._known.handles.get(handle)
                mention = match is whole and whole[0].startswith("@")
                is_word = folded(handle) in WORDS or folded(handle) in self._known.parts
                if person is not None and (mention or not is_word):
                    yield _Span(match.start() + mention, match.end(), self._handle_of(person))

    def _names(self, text: str, tokens: Sequence[Token]) -> Iterator[_Span]:
        index = 0
        while index < len(tokens):
            run = self._run(text, tokens, index)
            if run and self._means(text, tokens, index, run):
                end, said = self._rendered(text, run)
                yield _Span(run[0].token.start, end, said)
            index += max(1, len(run))

    def _hit(self, token: Token) -> _Hit | None:
        for spelled in spellings(token.text):
            if found := self._known.parts.get(spelled):
                return _Hit(token, tuple(found))
        base = token.text[:-1]
        if token.text[-1] in "sS" and len(base) >= _GENITIVE_MIN and folded(token.text) not in WORDS:
            for spelled in spellings(base):
                found = tuple(part for part in self._known.parts.get(spelled, ()) if self._owns(part, token))
                if found:
                    return _Hit(token, found, genitive=True)
        return None

    def _owns(self, part: Part, token: Token) -> bool:
        return not part.shared and (token.capital or self._people[part.person].present)

    def _run(self, text: str, tokens: Sequence[Token], index: int) -> list[_Hit]:
        """The longest row of words from here that is one person's; empty if this word is nobody's."""
        first = self._hit(tokens[index])
        if first is None:
            first = self._initial(text, tokens, index)
        if first is None:
            return []
        rows: list[list[_Hit]] = []
        for person in dict.fromkeys(part.person for part in first.parts):
            row = [_of(first, person)]
            for before, token in zip(tokens[index:], tokens[index + 1 :], strict=False):
                hit = self._hit(token)
                if hit is not None and any(part.person == person for part in hit.parts):
                    hit = _of(hit, person)
                elif len(token.text) == 1 and folded(token.text) in self._known.initials[person]:
                    hit = _Hit(token, (Part(person, "given", shared=True),))
                else:
                    break
                if not _goes_on(row, hit, text[before.end : token.start]):
                    break
                row.append(hit)
            rows.append(_trimmed(row))
        return max(rows, key=lambda row: sum(not each.parts[0].shared for each in row) * 100 + len(row))

    def _initial(self, text: str, tokens: Sequence[Token], index: int) -> _Hit | None:
        """An initial before a family name: `L. Fischer`."""
        token, ahead = tokens[index], index + 1
        if len(token.text) > 1:
            return None
        while ahead < min(len(tokens) - 1, index + 3) and len(tokens[ahead].text) == 1:
            ahead += 1
        if ahead >= len(tokens) or not text[token.end : tokens[index + 1].start].startswith("."):
            return None
        after = self._hit(tokens[ahead])
        fitting = [
            Part(part.person, "given", shared=True)
            for part in (after.parts if after else ())
            if part.role == "family" and folded(token.text) in self._known.initials[part.person]
        ]
        return _Hit(token, tuple(fitting)) if fitting else None

    def _means(self, text: str, tokens: Sequence[Token], index: int, run: Sequence[_Hit]) -> bool:
        """Whether a row of words is meant as a name: sure unless all of them are everyday words."""
        if any(not each.parts[0].shared for each in run):
            return True
        main = next((each for each in run if each.parts[0].role != "particle"), None)
        if main is None or not main.token.capital:
            return False
        if len({each.parts[0].role for each in run} - {"particle"}) > 1:
            return all(each.token.capital or each.parts[0].role == "particle" for each in run)
        before = tokens[index - 1] if index else None
        between = text[before.end : run[0].token.start] if before else ""
        if before and folded(before.text) in TITLES | GREETINGS and between.strip(" ,.\u00a0") == "":
            return True
        present = self._people[run[0].parts[0].person].present
        return present and before is not None and between in (" ", ", ", "\u00a0") and len(main.token.text) > 1

    def _rendered(self, text: str, run: Sequence[_Hit]) -> tuple[int, str]:
        """Where a name ends, and the neutral one written as it was written."""
        given, family = self._name_of(run[0].parts[0].person)
        said, last = "", None
        for number, hit in enumerate(run):
            role = hit.side
            if role == last:
                continue
            gap = text[run[number - 1].token.end : hit.token.start] if number else ""
            if gap.startswith(".") and not said.endswith(given[:1]):
                gap = gap[1:]  # that of an initial which is gone
            group = [each.token.text for each in run if each.side == role and each.parts[0].role != "particle"]
            like = group[0] if group else hit.token.text
            said += gap + (
                given[:1] if len(like) == 1 and role == "given" else _shaped(given if role == "given" else family, like)
            )
            last = role
        end = run[-1].token.end
        if run[-1].genitive:
            return end, said + ("s" if not said.casefold().endswith(_SIBILANTS) else "\u2019")
        return _with_possessive(text, run[0].token.start, end, said)

    def _name_of(self, person: int) -> tuple[str, str]:
        if person not in self._neutral:
            order = len(self._neutral) + 1
            self._neutral[person] = (next(self._given, f"Person {order}"), next(self._family, f"Person {order}"))
        return self._neutral[person]

    def _handle_of(self, person: int) -> str:
        return self._name_of(person)[0].lower().replace(" ", "")

    def _in_han(self, person: int) -> str:
        if person not in self._han_names:
            self._han_names[person] = next(self._han, f"\u7532{len(self._han_names) + 1}")
        return self._han_names[person]


def _free(pool: Sequence[str], taken: set[str]) -> Iterator[str]:
    return iter([name for name in pool if folded(name) not in taken])


def _any_of(texts: Mapping[str, int]) -> re.Pattern[str] | None:
    longest_first = sorted(texts, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))) if longest_first else None


def _of(hit: _Hit, person: int) -> _Hit:
    """A hit as that of one person; a part that is a whole word of the name goes before a particle."""
    own = sorted((part for part in hit.parts if part.person == person), key=lambda part: (part.shared, part.role))
    return _Hit(hit.token, (own[0],), hit.genitive)


def _goes_on(row: Sequence[_Hit], hit: _Hit, gap: str) -> bool:
    """Whether a word belongs to the name before it: given names, then the family's, or the other way round."""
    if row[-1].genitive:
        return False
    if any(folded(each.token.text) == folded(hit.token.text) for each in row):
        return False
    sides = {each.side for each in row}
    if hit.side != row[-1].side and hit.side in sides:
        return False
    if gap.startswith(".") and len(gap) > 1 and len(row[-1].token.text) > 1:
        return False  # the end of a sentence
    if _COMMA.fullmatch(gap):
        return sides == {"family"} and hit.side == "given"
    return _GAP.fullmatch(gap) is not None


def _trimmed(row: list[_Hit]) -> list[_Hit]:
    """Without what only looks as if it belonged: small everyday words next to a name with a capital, and an
    initial or a particle at the end."""
    big = any(each.token.capital for each in row if each.parts[0].role != "particle")
    kept: list[_Hit] = []
    for each in row:
        small_word = each.parts[0].shared and each.parts[0].role != "particle" and big and not each.token.capital
        if small_word:
            break
        kept.append(each)
    while len(kept) > 1 and (kept[-1].parts[0].role == "particle" or len(kept[-1].token.text) == 1):
        kept.pop()
    return kept or row[:1]


def _shaped(name: str, like: str) -> str:
    """A name in the letters of the word that it replaces: small, capital, or all capitals."""
    if like.islower():
        return name.lower()
    return name.upper() if like.isupper() and len(like) > 1 else name


def _with_possessive(text: str, start: int, end: int, said: str) -> tuple[int, str]:
    """`Lukas' idea` becomes `Robin's idea`; a name in quotation marks has no possessive."""
    mark, after = text[end : end + 1], text[end + 1 : end + 2]
    quoted = text[start - 1 : start] in tuple(_APOSTROPHES) if start else False
    bare = mark in tuple(_APOSTROPHES) and not after.isalpha() and not quoted
    if bare and text[end - 1].casefold() in _SIBILANTS and not said.casefold().endswith(_SIBILANTS):
        return end + 1, f"{said}{mark}s"
    return end, said


def _number_of(found: Numbered, order: int) -> str:
    match found.kind:
        case "email":
            return f"person{order}@example.org"
        case "phone":
            return f"555-01{order % _PHONES:02d}"
        case "student":
            length = max(len(digits(found.text)), 4)
            return f"9{order:0{length - 1}d}"
