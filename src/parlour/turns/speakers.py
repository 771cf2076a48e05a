"""Who says what in a reply of several personas. Pure: the same text, however it is cut, gives the same parts.

The model writes the marker of a persona, `[[Name]]`, at the beginning of a line before what that
persona says. Case and spaces do not matter; a first name is enough if it is only one's. What has
the form of a marker but no known name is text. Text before any marker is the default speaker's.
A part without text is none; a marker of whoever speaks already changes nothing. Learner text is
never read here: it only comes in `user` messages.
"""

import re
from collections.abc import Mapping, Sequence

from parlour.catalog.entities import Persona
from parlour.conversations.entities import BLANK_LINE, Spoken
from parlour.kernel.dataclass import dataclass

PARTS_MAX = 6
MARKER_CHARACTERS_MAX = 200

_MARKER = re.compile(r"[ \t\r]*\[\[([^\[\]\n]{1,%d})\]\]" % MARKER_CHARACTERS_MAX)  # noqa: UP031 (braces of the pattern)
_BEGUN = re.compile(r"[ \t\r]*(?:\[(?:\[(?P<name>[^\[\]\n]*)(?P<end>\])?)?)?")
_COLON = re.compile(r"[ \t]*(:?)")
_UNFIT = re.compile(r"[\[\]\s]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cast:
    """The personas of a scene by their labels, and who speaks where no marker stands."""

    labels: Mapping[str, str]
    default_id: str


def labels_of(personas: Sequence[Persona]) -> dict[str, str]:
    """A label for each persona, by id: its name, without brackets, and a number where two would be alike."""
    labels: dict[str, str] = {}
    taken: set[str] = set()
    for number, persona in enumerate(personas, 1):
        label = _UNFIT.sub(" ", persona.name).strip()[: MARKER_CHARACTERS_MAX // 2] or f"Persona {number}"
        if _plain(label) in taken:
            label = f"{label} {number}"
        taken.add(_plain(label))
        labels[persona.id] = label
    return labels


def marker(label: str) -> str:
    """What stands before the words of a persona."""
    return f"[[{label}]]"


class Speakers:
    """Turns streamed text into what each persona says, as it comes.

    The blank line between two contents is the beginning of the later one's first piece. White space
    at the beginning and end of a content is left out.
    """

    def __init__(self, cast: Cast) -> None:
        self._known = _known(cast.labels)
        self._next = cast.default_id
        self._speaker: str | None = None
        self._idx = -1
        self._held = ""
        self._space: str = ""
        self._line_begins = True
        self._after_marker = False
        self.full = False

    def feed(self, text: str) -> list[Spoken]:
        """What can be said for sure after this text; `full` says that nothing will follow any more."""
        found: list[Spoken] = []
        rest = self._held + text
        self._held = ""
        while rest and not self.full:
            if self._after_marker:
                rest = self._skip_colon(rest)
            elif self._line_begins:
                rest = self._at_line(rest, found)
            else:
                rest = self._in_line(rest, found)
        return found

    def finish(self) -> list[Spoken]:
        """What was held back at the end; the beginning of a marker that never ended is dropped."""
        found: list[Spoken] = []
        held, self._held = self._held, ""
        if held and "[[" not in held:
            self._say(held, found)
        return found

    def _skip_colon(self, rest: str) -> str:
        match = _COLON.match(rest)
        end = match.end() if match else 0
        if end < len(rest) or (match and match[1]):
            self._after_marker = False
        return rest[end:]

    def _at_line(self, rest: str, found: list[Spoken]) -> str:
        match = _MARKER.match(rest)
        if match:
            self._line_begins = False
            persona_id = self._known.get(_plain(match[1]))
            if persona_id is None:
                self._say(match[0], found)
            else:
                self._next = persona_id
                self._after_marker = True
            return rest[match.end() :]
        begun = _BEGUN.fullmatch(rest)
        if begun and self._may_become_marker(begun["name"] or "", ended=begun["end"] is not None):
            self._held = rest
            return ""
        self._line_begins = False
        return rest

    def _may_become_marker(self, name: str, *, ended: bool) -> bool:
        if len(name) > MARKER_CHARACTERS_MAX:
            return False
        plain = _plain(name)
        if ended or plain in self._known:
            return plain in self._known
        begun = f"{plain} " if plain and name[-1].isspace() else plain
        return any(known.startswith(begun) for known in self._known)

    def _in_line(self, rest: str, found: list[Spoken]) -> str:
        end = rest.find("\n") + 1
        self._line_begins = end > 0
        self._say(rest[:end] if end else rest, found)
        return rest[end:] if end else ""

    def _say(self, text: str, found: list[Spoken]) -> None:
        text = self._space + text
        same = self._speaker == self._next
        said = text.rstrip()
        if not said:
            self._space = text
            return
        self._space = text[len(said) :]
        if not same:
            said = said.lstrip()
            if self._idx + 1 == PARTS_MAX:
                self.full = True
                return
            self._idx += 1
            self._speaker = self._next
            said = BLANK_LINE + said if self._idx else said
        found.append(Spoken(persona_id=self._next, idx=self._idx, text=said, begins=not same))


def _known(labels: Mapping[str, str]) -> dict[str, str]:
    """Ids by what the model may write: whole labels, and first names that only one has."""
    whole = {_plain(label): persona_id for persona_id, label in labels.items()}
    first = [(_plain(label).partition(" ")[0], persona_id) for persona_id, label in labels.items()]
    names = [name for name, _ in first]
    return {**{name: persona_id for name, persona_id in first if names.count(name) == 1}, **whole}


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
