"""Notes on papers (lab protocol 11): `/users/{id}/paper_notes/add_note` and `.../get_note`."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from parlour.accounts.actions import account_by_id
from parlour.accounts.names import fold
from parlour.assistant.notes import actions
from parlour.assistant.notes.entities import NOTE_CHARS_MAX, PASSAGE_CHARS_MAX, NewNote, Note
from parlour.assistant.papers.about import DOI_CHARS_MAX
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Fault, Refusal
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.wire.http.problems import problem_responses
from parlour.wire.lab.callers import Callers, LabCaller
from parlour.wire.lab.idempotency import Answered, body_digest, key_of, once, response_of

PAGE_LABEL_MAX = 1_000_000
BODY_BYTES_MAX = 64 * 1024
ADD, GET = "paper_notes/add_note", "paper_notes/get_note"


def _number(value: object) -> object:
    """Digits in a string are a number."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10 else value


_Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]


class GivenNote(BaseModel):
    """A note to add. What else the body has is ignored."""

    model_config: ClassVar[ConfigDict] = ConfigDict(strict=True, frozen=True)

    doi: _Text = Field(min_length=1, max_length=DOI_CHARS_MAX)
    page_label: Annotated[int, BeforeValidator(_number)] = Field(ge=1, le=PAGE_LABEL_MAX)
    chunk_info: _Text = Field(min_length=1, max_length=PASSAGE_CHARS_MAX)
    note: _Text = Field(min_length=1, max_length=NOTE_CHARS_MAX)
    user_id: str | None = None


class GivenDoi(BaseModel):
    """Which paper is meant."""

    model_config: ClassVar[ConfigDict] = ConfigDict(strict=True, frozen=True)

    doi: _Text = Field(min_length=1, max_length=DOI_CHARS_MAX)


class UserNote(BaseModel):
    """A note as it is shown. `timestamp` is RFC 3339."""

    doi: str
    page_label: int
    chunk_hash: str
    user_id: str
    note: str
    timestamp: str


class NotesOfPaper(BaseModel):
    """The notes on a DOI, oldest first, and their passages by SHA-256; both null when there is none."""

    chunk_contents: dict[str, str] | None
    user_notes: list[UserNote] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class LabNotesNeed:
    """What the routes are built from."""

    database: Database
    callers: Callers


def lab_notes_router(need: LabNotesNeed) -> APIRouter:
    """The routes of section 11."""
    router = APIRouter(prefix="/users/{id}/paper_notes", tags=["lab notes"])

    @router.post("/add_note", response_model=bool, responses=problem_responses(400, 401, 403, 404, 409, 413, 422, 429))
    async def add_note(  # pyright: ignore[reportUnusedFunction]
        given: GivenNote, request: Request, caller: Annotated[LabCaller, Depends(need.callers.owner)]
    ) -> Response:
        """Note something about a passage of a paper. False, and nothing stored, if the DOI is not known."""
        if given.user_id is not None and fold(given.user_id) != fold(caller.user_id):
            raise _invalid("/user_id", "it must be the account of the path")
        new = NewNote(
            author_id=caller.account_id,
            doi=given.doi,
            page_label=given.page_label,
            passage=given.chunk_info,
            note=given.note,
        )
        key = key_of(request, caller, ADD, body_digest(given.model_dump()))

        def act(tx: Tx) -> Answered:
            return once(tx, key, lambda: Answered(body="true" if actions.add(tx, new) else "false"))

        return response_of(await need.database.write(act))

    @router.get("/get_note", response_model=NotesOfPaper, responses=problem_responses(400, 401, 404, 413, 422, 429))
    async def get_note(  # pyright: ignore[reportUnusedFunction]
        request: Request,
        caller: Annotated[LabCaller, Depends(need.callers.owner)],
        doi: Annotated[str | None, Query(max_length=DOI_CHARS_MAX)] = None,
    ) -> Response:
        """The notes on a paper. The DOI is a query parameter, or in a JSON body; the query wins."""
        wanted = _doi(doi) if doi is not None else await _doi_of_body(request)
        return response_of(await need.database.read(lambda tx: Answered(body=_told(tx, caller, wanted))))

    @router.post(
        "/get_note", response_model=NotesOfPaper, responses=problem_responses(400, 401, 404, 409, 413, 422, 429)
    )
    async def post_get_note(  # pyright: ignore[reportUnusedFunction]
        given: GivenDoi, request: Request, caller: Annotated[LabCaller, Depends(need.callers.owner)]
    ) -> Response:
        """The same for clients that cannot send a body with GET."""
        key = key_of(request, caller, GET, body_digest(given.model_dump()))
        if key is None:
            return response_of(await need.database.read(lambda tx: Answered(body=_told(tx, caller, given.doi))))

        def act(tx: Tx) -> Answered:
            return once(tx, key, lambda: Answered(body=_told(tx, caller, given.doi)))

        return response_of(await need.database.write(act))

    return router


async def _doi_of_body(request: Request) -> str:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_BYTES_MAX:
            raise Refusal("body_too_large", f"The body may have at most {BODY_BYTES_MAX} bytes.")
    if not body.strip():
        raise _invalid("/query/doi", "it is required")
    try:
        return GivenDoi.model_validate_json(bytes(body)).doi
    except ValidationError as error:
        faults = error.errors(include_context=False, include_url=False)
        if any(each["type"] == "json_invalid" for each in faults):
            raise Refusal("bad_request", "The body is not JSON.") from None
        raise RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in faults]) from None


def _doi(given: str) -> str:
    if not given or "\0" in given:
        raise _invalid("/query/doi", "it is no DOI")
    return given


def _told(tx: Tx, caller: LabCaller, doi: str) -> str:
    notes = actions.notes_of(tx, caller.account_id, doi)
    if not notes:
        return '{"chunk_contents":null,"user_notes":null}'
    shown = {"chunk_contents": actions.passages_of(notes), "user_notes": _shown(tx, notes)}
    return msgspec.json.encode(shown).decode()


def _shown(tx: Tx, notes: Sequence[Note]) -> list[dict[str, object]]:
    names = {author: account_by_id(tx, author) for author in {note.author_id for note in notes}}
    return [
        {
            "doi": note.doi,
            "page_label": note.page_label,
            "chunk_hash": note.passage_digest,
            "user_id": author.user_id if (author := names[note.author_id]) else "",
            "note": note.note,
            "timestamp": rfc3339(note.created_at),
        }
        for note in notes
    ]


def _invalid(pointer: str, message: str) -> Refusal:
    return Refusal("validation", f"Invalid request: {message}.", faults=(Fault(pointer, message),))
