"""Who gets which answer: the access matrix as declared (Glow 1.1, 3.1, 10.1).

Every operation of `names.OPERATIONS` and every HTTP route has a row; a column is a caller. The
same row holds for an event and for its HTTP twin.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from parlour.wire.glow.twins import ARTIFACTS, twins

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
    "guest",  # without a seat
    "custom",  # with a seat in the cohort, as a fellow
    "no_token",
    "revoked",
)
NAMELESS = ("no_token", "revoked")


def _row(answers: str, guest: str = "") -> Column:
    """A row of the table below; `custom` has the answer of the fellow, and so has `guest` unless it is given."""
    short: dict[str, Answer] = {
        "+": "ok",
        "-": "not_found",
        "f": "forbidden",
        "s": "session_not_found",
        "u": "unauthenticated",
    }
    given = answers.split()
    given[7:7] = [guest or given[1], given[1]]
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
SEAT = _row("     +     +      -     -     -     -     -     u     u", guest="-")
NOBODY = _row("   -     -      -     -     -     -     -     u     u")
OWN_SID = _row("  +     s      s     s     s     s     s     u     u")
NO_SID = _row("   s     s      s     s     s     s     s     u     u")
KNOWN = _row("    +     +      +     +     +     +     +     u     u")
PUBLIC = _row("   +     +      +     +     +     +     +     +     +")
CONTENT = _row(
    "  +     +      +     +     +     +     +     u     u", guest="-"
)  # of an entry in which owner and fellow have seats
NO_FILE = _row("  -     -      -     -     -     -     -     -     -")
REMOVE = _row("   f     -      f     -     +     -     +     u     u")  # of assigned training
RUN = _row(
    "      +     -      +     +     +     -     +     u     u"
)  # a benchmark: staff of its department, whom it names
EDIT = _row("     f     -      +     +     +     -     +     u     u")
MAKE = _row("     f     f      +     +     +     f     +     u     u")  # for their own department
NO_EVAL = _row("  f     f      -     -     -     -     -     u     u")
NO_LOGIN = _row(" u     u      u     u     u     u     u     u     u")

OWN = _row("      +     -      -     -     -     -     -     u     u")  # nobody else's, of whatever role

HELD = _row("     f     -      f     -     f     -     f     u     u")  # who owns it, over the connection that speaks

DECIDE = _row("   f     -      +     -     +     -     +     u     u")  # staff of an attempt, not about their own

# A draft of the instructor's, into which the other one may write, and which somebody is asked to look at.
SEEN_DRAFT = _row("-     -      +     +     +     -     +     u     u")
OPEN_DRAFT = _row("-     -      +     +     f     -     f     u     u")  # who writes into it
OWN_DRAFT = _row(" -     -      +     f     f     -     f     u     u")
APPROVE = _row("  -     -      f     +     +     -     +     u     u")  # who did not write it
REVISE = _row("   -     -      f     f     +     +     +     u     u")  # content of nobody's department

# People, and what they train: the instructor teaches the cohort, which has no department; the admin only reads it.
LEAD = _row("     -     -      +     -     +     -     +     u     u")
TEACH = _row("    -     -      +     -     f     -     +     u     u")
ABOVE = _row("    f     -      f     f     +     -     +     u     u")  # the owner's account: seen, changed from above
SUPER = _row("    f     f      f     f     f     f     +     u     u")
NAME = _row("     f     f      f     f     +     -     +     u     u")  # the department of all but the other admin
HIRE = _row("     f     f      f     f     -     -     -     u     u")
FOUND = _row("    f     f      +     +     +     -     +     u     u")  # a cohort in that department
ASSIGN = _row("   f     f      +     -     f     -     +     u     u")

AUTHORS = _row("  f     f      +     +     +     +     +     u     u")  # whoever writes content
SHELF = _row("    -     -      +     +     +     -     +     u     u")  # content of their department

OPERATIONS: Mapping[str, Row] = {
    "generate": Row(existing=ACT, missing=NOBODY),  # the chat that waits in a lobby
    "attempt/start": Row(existing=SEAT, missing=NOBODY),
    "attempt/next": Row(existing=ACT, missing=NOBODY),
    "attempt/join": Row(existing=READ, missing=NOBODY),
    "attempt/leave": Row(existing=KNOWN, missing=KNOWN),
    "attempt/end": Row(existing=READ, missing=NOBODY),
    "attempt/end_all": Row(existing=READ, missing=NOBODY),
    "attempt/stop": Row(existing=READ, missing=NOBODY),
    "attempt/message": Row(existing=ACT, missing=NOBODY),
    "attempt/grade": Row(existing=READ, missing=NOBODY),
    "attempt/use_previous": Row(existing=ACT, missing=NOBODY),
    "attempt/response_submit": Row(existing=ACT, missing=NOBODY),
    "attempt/audio_start": Row(existing=ACT, missing=NOBODY),
    "attempt/audio_stop": Row(existing=ACT, missing=NOBODY),
    "attempt/audio_frame": Row(existing=KNOWN, missing=KNOWN),
    "attempt/audio_mute": Row(existing=ACT, missing=NOBODY),
    "attempt/text_frame": Row(existing=HELD, missing=NOBODY),
    "attempt/audio_played": Row(existing=KNOWN, missing=KNOWN),
    "test/start": Row(existing=RUN, missing=NOBODY),
    "test/next": Row(existing=RUN, missing=NOBODY),
    "test/run": Row(existing=RUN, missing=NOBODY),
    "test/end": Row(existing=RUN, missing=NOBODY),
    "test/join": Row(existing=RUN, missing=NOBODY),
    "test/leave": Row(existing=KNOWN, missing=KNOWN),
    "test/stop": Row(existing=RUN, missing=NOBODY),
}

# The artifact paths: those of operations have the rows of these.
TWINS: Mapping[str, Row] = {
    "POST /api/v5/artifacts/attempt/get": Row(existing=READ, missing=NOBODY),
    "POST /api/v5/artifacts/home/get": Row(existing=KNOWN, missing=KNOWN),
    "POST /api/v5/artifacts/practice/get": Row(existing=KNOWN, missing=KNOWN),
    "POST /api/v5/artifacts/benchmark/get": Row(existing=KNOWN, missing=KNOWN),
    "POST /api/v5/artifacts/test/get": Row(existing=RUN, missing=NOBODY),
} | {f"POST {ARTIFACTS}{path}": OPERATIONS[operation] for path, operation in twins().items() if operation in OPERATIONS}

ROUTES: Mapping[str, Row] = {
    **TWINS,
    "POST /socket/v5/client/connect": Row(existing=KNOWN, missing=KNOWN),
    "POST /socket/v5/client/disconnect": Row(existing=OWN_SID, missing=NO_SID),
    "GET /socket/v5/events": Row(existing=OWN_SID, missing=NO_SID),
    "GET /socket/v5/events/poll": Row(existing=OWN_SID, missing=NO_SID),
    "GET /api/v1/attempts/{attempt_id}": Row(existing=READ, missing=NOBODY),
    "GET /api/v1/attempts": Row(existing=KNOWN, missing=KNOWN),
    "PATCH /api/v1/attempts/{attempt_id}": Row(existing=READ, missing=NOBODY),
    "DELETE /api/v1/attempts/{attempt_id}": Row(existing=REMOVE, missing=NOBODY),
    "POST /api/v1/attempts/archive": Row(existing=READ, missing=NOBODY),
    "GET /api/v1/attempts/{attempt_id}/export": Row(existing=READ, missing=NOBODY),
    "GET /api/v1/attempts/export": Row(existing=KNOWN, missing=KNOWN),
    "GET /api/v1/search": Row(existing=KNOWN, missing=KNOWN),
    "GET /api/v1/attempts/{attempt_id}/usage": Row(existing=READ, missing=NOBODY),
    "GET /api/v1/usage": Row(existing=KNOWN, missing=KNOWN),
    "GET /api/v1/chats/{chat_id}/presence": Row(existing=READ, missing=NOBODY),
    "POST /api/v1/uploads": Row(existing=AUTHORS, missing=AUTHORS),
    "GET /api/v1/uploads/{upload_id}": Row(existing=CONTENT, missing=NOBODY),
    "GET /api/v1/uploads/{upload_id}/ticket": Row(existing=CONTENT, missing=NOBODY),
    "GET /api/v1/chats/{chat_id}/grades": Row(existing=READ, missing=NOBODY),
    "GET /api/v1/chats/{chat_id}/grades/compare": Row(existing=READ, missing=NOBODY),
    "GET /api/v1/chats/{chat_id}/branches": Row(existing=READ, missing=NOBODY),
    "GET /api/v1/chats/{chat_id}/branches/compare": Row(existing=READ, missing=NOBODY),
    "PUT /api/v1/chats/{chat_id}/branches/{message_id}": Row(existing=READ, missing=NOBODY),
    "GET /api/v1/chats/{chat_id}/speech": Row(existing=READ, missing=NOBODY),
    "POST /api/v1/chats/{chat_id}/utterances/{item_id}/dispute": Row(existing=ACT, missing=NOBODY),
    "POST /api/v1/chats/{chat_id}/utterances/{item_id}/decision": Row(existing=DECIDE, missing=NOBODY),
    "GET /api/v1/attempts/{attempt_id}/choices": Row(existing=ACT, missing=NOBODY),
    "POST /api/v1/drafts": Row(existing=ACT, missing=NOBODY),
    "GET /api/v1/drafts/{draft_id}": Row(existing=OWN, missing=NOBODY),
    "PATCH /api/v1/drafts/{draft_id}": Row(existing=OWN, missing=NOBODY),
    "DELETE /api/v1/drafts/{draft_id}": Row(existing=OWN, missing=NOBODY),
    "POST /api/v1/authoring/runs": Row(existing=KNOWN, missing=KNOWN),
    "GET /api/v1/authoring/runs/{run_id}": Row(existing=OWN, missing=NOBODY),
    "POST /api/v1/authoring/runs/{run_id}/cancel": Row(existing=OWN, missing=NOBODY),
    "GET /api/v1/authoring/groups/{group_id}": Row(existing=OWN, missing=NOBODY),
    "POST /api/v1/authoring/drafts": Row(existing=REVISE, missing=NOBODY),
    "GET /api/v1/authoring/drafts": Row(existing=KNOWN, missing=KNOWN),
    "GET /api/v1/authoring/drafts/{draft_id}": Row(existing=SEEN_DRAFT, missing=NOBODY),
    "PATCH /api/v1/authoring/drafts/{draft_id}": Row(existing=OPEN_DRAFT, missing=NOBODY),
    "DELETE /api/v1/authoring/drafts/{draft_id}": Row(existing=OWN_DRAFT, missing=NOBODY),
    "GET /api/v1/authoring/drafts/{draft_id}/differences": Row(existing=SEEN_DRAFT, missing=NOBODY),
    "POST /api/v1/authoring/drafts/{draft_id}/rebase": Row(existing=OPEN_DRAFT, missing=NOBODY),
    "POST /api/v1/authoring/drafts/{draft_id}/publish": Row(existing=OPEN_DRAFT, missing=NOBODY),
    "POST /api/v1/authoring/drafts/{draft_id}/review": Row(existing=OPEN_DRAFT, missing=NOBODY),
    "DELETE /api/v1/authoring/drafts/{draft_id}/review": Row(existing=OPEN_DRAFT, missing=NOBODY),
    "POST /api/v1/authoring/drafts/{draft_id}/approve": Row(existing=APPROVE, missing=NOBODY),
    "POST /api/v1/authoring/drafts/{draft_id}/editors": Row(existing=OWN_DRAFT, missing=NOBODY),
    "DELETE /api/v1/authoring/drafts/{draft_id}/editors/{profile_id}": Row(existing=OPEN_DRAFT, missing=NOBODY),
    "POST /api/v1/authoring/drafts/{draft_id}/sources": Row(existing=OPEN_DRAFT, missing=NOBODY),
    "GET /api/v1/authoring/drafts/{draft_id}/sources/{source_id}": Row(existing=SEEN_DRAFT, missing=NOBODY),
    "DELETE /api/v1/authoring/drafts/{draft_id}/sources/{source_id}": Row(existing=OPEN_DRAFT, missing=NOBODY),
    "GET /api/v1/authoring/drafts/{draft_id}/lint": Row(existing=SEEN_DRAFT, missing=NOBODY),
    "GET /api/v1/authoring/drafts/{draft_id}/checks": Row(existing=SEEN_DRAFT, missing=NOBODY),
    "POST /api/v1/authoring/drafts/{draft_id}/checks": Row(existing=OPEN_DRAFT, missing=NOBODY),
    "POST /api/v1/authoring/drafts/{draft_id}/questions": Row(existing=OPEN_DRAFT, missing=NOBODY),
    "POST /api/v1/authoring/drafts/{draft_id}/try": Row(existing=SEEN_DRAFT, missing=NOBODY),
    "GET /api/v1/authoring/drafts/{draft_id}/try": Row(existing=SEEN_DRAFT, missing=NOBODY),
    "GET /api/v1/roles": Row(existing=KNOWN, missing=KNOWN),
    "GET /api/v1/departments": Row(existing=KNOWN, missing=KNOWN),
    "POST /api/v1/departments": Row(existing=SUPER, missing=SUPER),
    "PATCH /api/v1/departments/{department_id}": Row(existing=NAME, missing=NOBODY),
    "GET /api/v1/accounts": Row(existing=KNOWN, missing=KNOWN),
    "POST /api/v1/accounts": Row(existing=NAME, missing=HIRE),
    "PATCH /api/v1/accounts/{account_id}": Row(existing=ABOVE, missing=NOBODY),
    "GET /api/v1/cohorts": Row(existing=KNOWN, missing=KNOWN),
    "POST /api/v1/cohorts": Row(existing=FOUND, missing=NO_EVAL),
    "GET /api/v1/cohorts/{cohort_id}": Row(existing=LEAD, missing=NOBODY),
    "PATCH /api/v1/cohorts/{cohort_id}": Row(existing=TEACH, missing=NOBODY),
    "POST /api/v1/cohorts/{cohort_id}/people": Row(existing=TEACH, missing=NOBODY),
    "DELETE /api/v1/cohorts/{cohort_id}/people/{profile_id}": Row(existing=TEACH, missing=NOBODY),
    "GET /api/v1/trainings": Row(existing=KNOWN, missing=KNOWN),
    "POST /api/v1/trainings": Row(existing=ASSIGN, missing=NO_EVAL),
    "GET /api/v1/trainings/{training_id}": Row(existing=LEAD, missing=NOBODY),
    "PATCH /api/v1/trainings/{training_id}": Row(existing=TEACH, missing=NOBODY),
    "GET /api/v1/authoring/types": Row(existing=KNOWN, missing=KNOWN),
    "GET /api/v1/artifacts": Row(existing=AUTHORS, missing=AUTHORS),
    "GET /api/v1/artifacts/{artifact_id}": Row(existing=SHELF, missing=NOBODY),
    "GET /api/v1/artifacts/{artifact_id}/versions": Row(existing=SHELF, missing=NOBODY),
    "GET /api/v1/artifacts/{artifact_id}/differences": Row(existing=SHELF, missing=NOBODY),
    "POST /api/v1/artifacts/{artifact_id}/duplicate": Row(existing=SHELF, missing=NOBODY),
    "POST /api/v1/artifacts/{artifact_id}/archive": Row(existing=SHELF, missing=NOBODY),
    "POST /api/v1/artifacts/{artifact_id}/adopt": Row(existing=SHELF, missing=NOBODY),
    "GET /api/v1/artifacts/{artifact_id}/export": Row(existing=SHELF, missing=NOBODY),
    "GET /api/v1/artifacts/{artifact_id}/questions": Row(existing=SHELF, missing=NOBODY),
    "GET /api/v1/benchmarks": Row(existing=KNOWN, missing=KNOWN),
    "POST /api/v1/benchmarks": Row(existing=MAKE, missing=NO_EVAL),
    "GET /api/v1/benchmarks/{benchmark_id}": Row(existing=RUN, missing=NOBODY),
    "PATCH /api/v1/benchmarks/{benchmark_id}": Row(existing=EDIT, missing=NOBODY),
    "POST /api/v1/benchmarks/{benchmark_id}/recordings": Row(existing=EDIT, missing=NOBODY),
    "DELETE /api/v1/benchmarks/{benchmark_id}/recordings/{recording_id}": Row(existing=EDIT, missing=NOBODY),
    "GET /api/v1/recordings/{recording_id}": Row(existing=RUN, missing=NOBODY),
    "DELETE /api/v1/recordings/{recording_id}": Row(existing=EDIT, missing=NOBODY),
    "POST /api/v1/benchmarks/{benchmark_id}/estimate": Row(existing=RUN, missing=NOBODY),
    "GET /api/v1/tests/{test_id}": Row(existing=RUN, missing=NOBODY),
    "GET /api/v1/tests": Row(existing=KNOWN, missing=KNOWN),
    "POST /api/v1/tests": Row(existing=RUN, missing=NOBODY),
    "PATCH /api/v1/tests/{test_id}": Row(existing=RUN, missing=NOBODY),
    "POST /api/v1/tests/{test_id}/stop": Row(existing=RUN, missing=NOBODY),
    "POST /api/v1/tests/{test_id}/resume": Row(existing=RUN, missing=NOBODY),
    "POST /api/v1/tests/{test_id}/marks": Row(existing=RUN, missing=NOBODY),
    "GET /api/v1/tests/{test_id}/results": Row(existing=RUN, missing=NOBODY),
    "GET /api/v1/tests/{test_id}/export": Row(existing=RUN, missing=NOBODY),
    "GET /api/v1/tests/{test_id}/cells": Row(existing=RUN, missing=NOBODY),
    "GET /api/v1/tests/{test_id}/cells/{replay_id}": Row(existing=RUN, missing=NOBODY),
    "GET /api/v1/tests/{test_id}/diff": Row(existing=RUN, missing=NOBODY),
    "GET /api/v1/home": Row(existing=KNOWN, missing=KNOWN),
    "GET /api/v1/practice": Row(existing=KNOWN, missing=KNOWN),
    "GET /api/v1/laboratory": Row(existing=KNOWN, missing=KNOWN),
    "GET /api/v1/laboratory/experiments": Row(existing=KNOWN, missing=KNOWN),
    "GET /api/v1/laboratory/experiments/{experiment_id}/entries": Row(existing=OWN, missing=NOBODY),
    "GET /api/v1/laboratory/papers": Row(existing=KNOWN, missing=KNOWN),
    "GET /api/v1/laboratory/text": Row(existing=NOBODY, missing=NOBODY),  # of a file that is nobody's
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
