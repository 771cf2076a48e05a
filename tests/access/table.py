"""Who gets which answer: the access matrix as declared (Glow 1.1, 3.1, 10.1).

Every operation of `names.OPERATIONS` and every HTTP route has a row; a column is a caller. The
same row holds for an event and for its HTTP twin.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Answer = Literal["ok", "forbidden", "not_found", "session_not_found", "unauthenticated"]
Column = Mapping[str, Answer]

CALLERS = (
    "owner",
    "fellow",  # a member of the same cohort
    "instructor",  # of that cohort
    "other_instructor",  # of another cohort, in the same department
    "admin",  # of the attempt's department
    "other_admin",  # of another department
    "superadmin",
    "no_token",
    "revoked",
)
NAMELESS = ("no_token", "revoked")


def _row(answers: str) -> Column:
    short: dict[str, Answer] = {
        "+": "ok",
        "-": "not_found",
        "f": "forbidden",
        "s": "session_not_found",
        "u": "unauthenticated",
    }
    given = answers.split()
    assert len(given) == len(CALLERS), answers
    return {caller: short[answer] for caller, answer in zip(CALLERS, given, strict=True)}


@dataclass(frozen=True, kw_only=True)
class Row:
    """What callers are answered about an object that exists, and about one that does not."""

    existing: Column
    missing: Column


#               owner fellow instr other admin other super none revoked
READ = _row("     +     -      +     -     +     -     +     u     u")
ACT = _row("      +     -      f     -     f     -     f     u     u")
SEAT = _row("     +     +      -     -     -     -     -     u     u")
NOBODY = _row("   -     -      -     -     -     -     -     u     u")
OWN_SID = _row("  +     s      s     s     s     s     s     u     u")
NO_SID = _row("   s     s      s     s     s     s     s     u     u")
KNOWN = _row("    +     +      +     +     +     +     +     u     u")
PUBLIC = _row("   +     +      +     +     +     +     +     +     +")
NO_FILE = _row("  -     -      -     -     -     -     -     -     -")
NO_LOGIN = _row(" u     u      u     u     u     u     u     u     u")

OPERATIONS: Mapping[str, Row] = {
    "attempt/start": Row(existing=SEAT, missing=NOBODY),
    "attempt/next": Row(existing=ACT, missing=NOBODY),
    "attempt/join": Row(existing=READ, missing=NOBODY),
    "attempt/leave": Row(existing=KNOWN, missing=KNOWN),
    "attempt/end": Row(existing=READ, missing=NOBODY),
    "attempt/end_all": Row(existing=READ, missing=NOBODY),
    "attempt/stop": Row(existing=READ, missing=NOBODY),
    "attempt/message": Row(existing=ACT, missing=NOBODY),
    "attempt/grade": Row(existing=READ, missing=NOBODY),
}

ROUTES: Mapping[str, Row] = {
    "POST /socket/v5/client/connect": Row(existing=KNOWN, missing=KNOWN),
    "POST /socket/v5/client/disconnect": Row(existing=OWN_SID, missing=NO_SID),
    "GET /socket/v5/events": Row(existing=OWN_SID, missing=NO_SID),
    "GET /socket/v5/events/poll": Row(existing=OWN_SID, missing=NO_SID),
    "GET /api/v1/attempts/{attempt_id}": Row(existing=READ, missing=NOBODY),
    "GET /api/v1/attempts": Row(existing=KNOWN, missing=KNOWN),
    "GET /api/v1/home": Row(existing=KNOWN, missing=KNOWN),
    "GET /api/v1/practice": Row(existing=KNOWN, missing=KNOWN),
    "POST /api/v1/sessions": Row(existing=PUBLIC, missing=NO_LOGIN),
    "DELETE /api/v1/sessions/current": Row(existing=KNOWN, missing=KNOWN),
    "GET /healthz": Row(existing=PUBLIC, missing=PUBLIC),
    "GET /readyz": Row(existing=PUBLIC, missing=PUBLIC),
    "GET /version": Row(existing=PUBLIC, missing=PUBLIC),
    "GET /metrics": Row(existing=PUBLIC, missing=PUBLIC),
    "GET /openapi.json": Row(existing=PUBLIC, missing=PUBLIC),
    "GET /asyncapi.json": Row(existing=PUBLIC, missing=PUBLIC),
    "GET /": Row(existing=PUBLIC, missing=PUBLIC),
    "GET /assets/{path:path}": Row(existing=PUBLIC, missing=NO_FILE),
}
