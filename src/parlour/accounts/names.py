"""User ids: which there may be, how they are kept and when two of them are the same (lab protocol 1.1).

An id is kept in the form in which it was given (NFC) and compared folded: NFKC and case folding, without
the characters that show nothing. So `Ada`, `ADA` and `ａｄａ` are one person, whose id is shown as `Ada`.
"""

import re
import unicodedata

from parlour.kernel.refusals import Refusal

USER_ID_CHARS_MAX = 64
NAME_CHARS_MAX = 200
EMAIL_CHARS_MAX = 254
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
_SIGNS = frozenset(" ._-@")
# Letters and marks of Unicode that show nothing: they must not make two ids of one.
_UNSEEN = dict.fromkeys(
    (
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0),
        *range(0x180B, 0x1810),
        *range(0xFE00, 0xFE10),
        *range(0xE0100, 0xE01F0),
    )
)


def fold(user_id: str) -> str:
    """The form in which ids are compared; folding it again changes nothing."""
    if user_id.isascii():
        return user_id.lower()
    seen = unicodedata.normalize("NFKC", user_id).translate(_UNSEEN)
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen.casefold()).casefold())


def is_user_id(user_id: str) -> bool:
    """Whether there may be an account of that id: 1 to 64 letters, digits and combining marks of any
    script, spaces inside, and `.` `_` `-` `@`; not `.` or `..`. Counted in NFC."""
    kept = unicodedata.normalize("NFC", user_id)
    if not 0 < len(kept) <= USER_ID_CHARS_MAX or kept in (".", "..") or kept != kept.strip(" "):
        return False
    return all(_allowed(sign) for sign in kept) and fold(kept).strip() not in ("", ".", "..")


def checked_user_id(user_id: str) -> str:
    """The id in the form that is kept. `Refusal`: `id_invalid`."""
    if not is_user_id(user_id):
        raise Refusal("id_invalid", "A user id has 1 to 64 letters, digits, spaces inside or . _ - @ characters.")
    return unicodedata.normalize("NFC", user_id)


def check_name(name: str) -> None:
    """Refuses what is no name: `name_invalid`."""
    if not 0 < len(name.strip()) <= NAME_CHARS_MAX or not name.isprintable():
        raise Refusal("name_invalid", f"A name has 1 to {NAME_CHARS_MAX} printable characters.")


def check_email(email: str) -> None:
    """Refuses what is no address: `email_invalid`."""
    if len(email) > EMAIL_CHARS_MAX or _EMAIL.fullmatch(email) is None:
        raise Refusal("email_invalid", "This is not an email address.")


def _allowed(sign: str) -> bool:
    category = unicodedata.category(sign)
    return sign in _SIGNS or category[0] in "LM" or category == "Nd"
