"""What objects are called in a bundle: slugs that stay the same from one export to the next."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from parlour.catalog.entities import Rubric
from parlour.catalog.shelf import Item
from parlour.kernel.ids import named_id

SLUG_CHARACTERS_MAX = 60
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def called(items: Iterable[Item], pack: str) -> Mapping[str, str]:
    """The slug of each object in a bundle of this pack, by its id.

    What has a name in this pack keeps it, then comes what has one in another pack, then what was made in the house,
    which is called after its name. A slug that is taken gets a number.
    """
    found: dict[str, str] = {}
    taken: set[tuple[str, str]] = set()
    for item in sorted(items, key=lambda each: (each.slug is None or each.pack != pack, each.slug is None, each.id)):
        wanted = item.slug if item.slug and _SLUG.fullmatch(item.slug) else slug_of(item.name, item.kind)
        slug = distinct(wanted, {taken_slug for kind, taken_slug in taken if kind == item.kind})
        taken.add((item.kind, slug))
        found[item.id] = slug
    return found


def slug_of(name: str, otherwise: str) -> str:
    """A slug from a name; `otherwise` if there is no Latin letter or digit in it."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return words[:SLUG_CHARACTERS_MAX].strip("-") or otherwise


def distinct(wanted: str, taken: Iterable[str]) -> str:
    """`wanted`, or with the first number from 2 on that makes it new."""
    known = set(taken)
    number, found = 2, wanted
    while found in known:
        found, number = f"{wanted[:SLUG_CHARACTERS_MAX]}-{number}", number + 1
    return found


def group_keys(rubric: Rubric, scope: tuple[str, ...]) -> Mapping[str, str]:
    """What the criteria of a rubric are called, by id. `scope`: what their ids are named after.

    A name that gives the id that a criterion has goes first, so that a bundle which is imported keeps it.
    """
    found: dict[str, str] = {}
    for group in rubric.groups:
        names = [slug_of(each, "criterion") for each in (group.short_name, group.name) if each]
        given = next((each for each in names if named_id(*scope, each) == group.id), names[0] if names else "criterion")
        found[group.id] = distinct(given, found.values())
    return found
