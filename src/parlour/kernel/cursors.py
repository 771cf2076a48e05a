"""Cursors: where a page of a list ended, as an opaque word that clients send back."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

from parlour.kernel.ids import is_id
from parlour.kernel.refusals import Refusal, invalid

T = TypeVar("T")


def cursor_of(text: str) -> str:
    """The cursor that says this."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def said_by(cursor: str) -> str:
    """What `cursor_of` was made of; raises `invalid_request` for what is no cursor."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise _foreign() from None
    if "\0" in text:
        raise _foreign()
    return text


def cursor_after(at: int, last_id: str) -> str:
    """The cursor of what comes after an object, in a list by time (in milliseconds) and id."""
    return cursor_of(f"{at}.{last_id}")


def place_of(cursor: str) -> tuple[int, str]:
    """What `cursor_after` was made of; raises `invalid_request` for anything else."""
    at, _, last_id = said_by(cursor).partition(".")
    if not (at.isascii() and at.isdigit() and len(at) <= 15) or not is_id(last_id):
        raise _foreign()
    return int(at), last_id


def page_after(
    among: Sequence[T], id_of: Callable[[T], str], cursor: str | None, limit: int
) -> tuple[Sequence[T], str | None]:
    """A page of a list: what comes after the one whose id is `cursor`, and the cursor of the next page.

    Raises `invalid_request` if that is not in the list (any more).
    """
    start = 0
    if cursor is not None:
        places = [number for number, each in enumerate(among) if id_of(each) == cursor]
        if not places:
            raise _foreign()
        start = places[0] + 1
    shown = among[start : start + limit]
    return shown, id_of(shown[-1]) if start + limit < len(among) else None


def _foreign() -> Refusal:
    return invalid("/cursor", "the cursor is not one of this list")
