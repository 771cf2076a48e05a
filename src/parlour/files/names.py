"""Names of files: what a client sent, made fit for every file system (lab protocol 9.2)."""

import unicodedata
from collections.abc import Callable

NAME_CHARS_MAX = 120
SUFFIX_CHARS_MAX = 20
FALLBACK = "file"
_FORBIDDEN = frozenset('<>:"|?*')
_RESERVED = frozenset(
    ("con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), *(f"lpt{n}" for n in range(10)))
)  # devices of Windows, with whatever suffix


def clean_name(text: str) -> str:
    """A name that leads nowhere: NFC, one path component, nothing invisible, at most 120 characters."""
    last = unicodedata.normalize("NFC", text).replace("\\", "/").rpartition("/")[2]
    spaced = (" " if unicodedata.category(each) == "Zs" else each for each in last)
    kept = "".join(each for each in spaced if each == " " or _is_kept(each))
    plain = unicodedata.normalize("NFC", kept).lstrip(". ").rstrip(". ")
    if plain.partition(".")[0].strip().lower() in _RESERVED:
        plain = f"_{plain}"
    return _shortened(plain) or FALLBACK


def numbered(name: str, n: int) -> str:
    """`name` with ` (n)` before its suffix, still within the limit."""
    return _shortened(name, f" ({n})")


def distinct(name: str, taken: Callable[[str], bool]) -> str:
    """`name`, or the first of its numbered forms that is not taken."""
    if not taken(name):
        return name
    n = 2
    while taken(numbered(name, n)):
        n += 1
    return numbered(name, n)


def suffix_of(name: str) -> str:
    """The suffix with its dot, in lower case; empty if there is none."""
    return _split(name)[1].lower()


def _is_kept(character: str) -> bool:
    return character not in _FORBIDDEN and unicodedata.category(character)[0] not in "CZ"


def _split(name: str) -> tuple[str, str]:
    stem, dot, suffix = name.rpartition(".")
    if not stem or not dot or not suffix or len(suffix) >= SUFFIX_CHARS_MAX or " " in suffix:
        return name, ""
    return stem, f".{suffix}"


def _shortened(name: str, mark: str = "") -> str:
    stem, suffix = _split(name)
    return stem[: NAME_CHARS_MAX - len(suffix) - len(mark)].rstrip() + mark + suffix
