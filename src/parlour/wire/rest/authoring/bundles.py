"""Content as files: `/artifacts/{id}/export`, and quiz questions of other programs to and from scenarios."""

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import Field, StringConstraints

from parlour.accounts.entities import SessionActor
from parlour.kernel.actor import Actor
from parlour.library.bundles.given import BYTES_MAX, GivenFormat
from parlour.library.drafting.rules import DraftRules
from parlour.storage.tx import Tx
from parlour.wire.http.problems import problem_responses
from parlour.wire.http.texts import NoNul
from parlour.wire.rest.authoring.draft_shapes import ArtifactDraftShown
from parlour.wire.rest.authoring.drafts import DraftsDesk
from parlour.wire.rest.bodies import Given, Version
from parlour.wire.rest.ids import check_ids
from parlour.wire.rest.practice.attempts import AttemptsNeed

AskedFormat = Literal["gift", "qti", "qti3"]
_YAML: dict[str, object] = {"text/yaml": {}}
_FILES = {
    "text/plain": {"schema": {"type": "string"}},
    "application/zip": {"schema": {"type": "string", "format": "binary"}},
}


class GivenQuestions(Given):
    """Questions of another program: GIFT, a QTI item, or the base64 of a QTI package. `auto` looks what it is."""

    format: GivenFormat = "auto"
    text: Annotated[str, StringConstraints(min_length=1, max_length=2 * BYTES_MAX), NoNul]
    expected_version: Version | None = Field(default=None)


def bundles_router(reading: AttemptsNeed, rules: DraftRules) -> APIRouter:
    """The routes of content as files. Who may not read an artifact is told that there is none."""
    desk = DraftsDesk(reading=reading, rules=rules)
    router = APIRouter(prefix="/api/v1", tags=["authoring"])
    caller_of = reading.authenticator.of_request

    @router.get(
        "/artifacts/{artifact_id}/export",
        response_class=Response,
        responses={200: {"description": "The bundle.", "content": _YAML}} | problem_responses(401, 403, 404, 422),
    )
    async def export_artifact(  # pyright: ignore[reportUnusedFunction]
        artifact_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """An artifact with all that it needs as a bundle in YAML, which `parlour content import` takes. Without people;
        files are named by their uploads."""
        from parlour.library.bundles.authored import exported  # noqa: PLC0415 (3 MiB that a server at rest does not need)
        from parlour.library.bundles.exporting import yaml_of  # noqa: PLC0415

        check_ids(artifact_id=artifact_id)
        text = await reading.database.read(lambda tx: yaml_of(exported(tx, caller.actor, artifact_id)))
        return Response(text, media_type="text/yaml; charset=utf-8", headers=_headers(f"{artifact_id}.yaml"))

    @router.get(
        "/artifacts/{artifact_id}/questions",
        response_class=Response,
        responses={200: {"description": "The file.", "content": _FILES}} | problem_responses(401, 403, 404, 422),
    )
    async def export_questions(  # pyright: ignore[reportUnusedFunction]
        artifact_id: str,
        caller: Annotated[SessionActor, Depends(caller_of)],
        asked: Annotated[AskedFormat, Query(alias="format")] = "gift",
    ) -> Response:
        """The quiz questions of a scenario for another program: Moodle's GIFT, or a QTI package (2.1, or `qti3`: 3.0).
        When a video pauses for them is not in the file."""
        check_ids(artifact_id=artifact_id)
        body, media_type, suffix = await reading.database.read(lambda tx: _file(tx, caller.actor, artifact_id, asked))
        return Response(body, media_type=media_type, headers=_headers(f"questions-{artifact_id}.{suffix}"))

    @router.post(
        "/authoring/drafts/{draft_id}/questions",
        response_model=ArtifactDraftShown,
        responses=problem_responses(401, 403, 404, 409, 413, 422),
    )
    async def import_questions(  # pyright: ignore[reportUnusedFunction]
        draft_id: str, given: GivenQuestions, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Add quiz questions of another program to a draft of a scenario: single and multiple choice, true or false.
        If any question is of another kind nothing is added, and `errors` has the line and the reason of each."""
        from parlour.library.bundles.authored import Asking, ask, questions_in  # noqa: PLC0415 (as above)

        check_ids(draft_id=draft_id)
        questions = await asyncio.to_thread(questions_in, given.text, given.format)
        asking = Asking(draft_id=draft_id, questions=questions, expected_version=given.expected_version)
        return await desk.change(caller.actor, draft_id, lambda tx: ask(tx, caller.actor, asking, rules))

    return router


def _file(tx: Tx, actor: Actor, artifact_id: str, asked: AskedFormat) -> tuple[bytes, str, str]:
    from parlour.library.bundles.authored import questions_of  # noqa: PLC0415 (as above)
    from parlour.library.bundles.gift import write_gift  # noqa: PLC0415
    from parlour.library.bundles.qti import write_qti  # noqa: PLC0415

    questions = questions_of(tx, actor, artifact_id)
    if asked == "gift":
        return write_gift(questions).encode(), "text/plain; charset=utf-8", "gift.txt"
    return write_qti(questions, "2.1" if asked == "qti" else "3.0"), "application/zip", "zip"


def _headers(filename: str) -> dict[str, str]:
    return {"cache-control": "no-store", "content-disposition": f'attachment; filename="{filename}"'}
