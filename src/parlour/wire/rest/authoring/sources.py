"""What a draft is written from: documents, uploads, and conversations without the names of people (Glow 6.10)."""

from collections.abc import Iterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from parlour.accounts.entities import SessionActor
from parlour.attempts import access as attempts
from parlour.benchmarks.recordings.from_chats import people_of
from parlour.benchmarks.recordings.names import Neutraliser
from parlour.conversations import actions as conversations
from parlour.conversations.entities import BLANK_LINE, Message
from parlour.conversations.scenes import material_of
from parlour.drafts.entities import Draft
from parlour.kernel.actor import Actor
from parlour.kernel.refusals import forbidden
from parlour.library.drafting import sources
from parlour.library.drafting.holding import held_draft, may_write
from parlour.library.drafting.rules import DraftRules
from parlour.library.drafting.sources import NewSource
from parlour.storage.tx import Tx
from parlour.wire.http.problems import problem_responses
from parlour.wire.rest.answering import read_answer
from parlour.wire.rest.authoring.draft_shapes import ArtifactDraftShown, SourceGiven, SourceRead
from parlour.wire.rest.authoring.drafts import DraftsDesk
from parlour.wire.rest.ids import check_ids
from parlour.wire.rest.practice.attempts import AttemptsNeed

LEARNER, PERSONA = "Learner", "Persona"


def authoring_sources_router(reading: AttemptsNeed, rules: DraftRules) -> APIRouter:
    """The routes of sources. What the caller may not read cannot be attached."""
    desk = DraftsDesk(reading=reading, rules=rules)
    caller_of = reading.authenticator.of_request
    router = APIRouter(prefix="/api/v1/authoring/drafts/{draft_id}/sources", tags=["authoring"])

    @router.post("", response_model=ArtifactDraftShown, responses=problem_responses(401, 403, 404, 409, 413, 422))
    async def attach_source(  # pyright: ignore[reportUnusedFunction]
        draft_id: str, given: SourceGiven, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Attach a text to a draft, as it is now; attaching it again reads it anew. Names of people are left out of
        conversations."""
        check_ids(draft_id=draft_id)
        if given.kind != "upload":
            check_ids(id=given.id)
        actor = caller.actor

        def read(tx: Tx) -> NewSource:
            if not may_write(actor, held_draft(tx, actor, draft_id)):
                raise forbidden()
            return _read(tx, actor, given)

        def attach(tx: Tx) -> Draft:
            if given.kind == "chat":
                attempts.chat_to_read(tx, actor, given.id)
            return sources.add(tx, actor, draft_id, found, rules)

        found = await reading.database.read(read)
        return await desk.change(actor, draft_id, attach)

    @router.get("/{source_id}", response_model=SourceRead, responses=problem_responses(401, 403, 404, 422))
    async def read_source(  # pyright: ignore[reportUnusedFunction]
        draft_id: str, source_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """A source with its text."""
        check_ids(draft_id=draft_id)

        def read(tx: Tx) -> SourceRead:
            found = sources.source(tx, caller.actor, draft_id, source_id)
            return SourceRead(id=found.id, kind=found.kind, name=found.name, text=found.text, cut=found.cut)

        return await read_answer(reading.database, read)

    @router.delete(
        "/{source_id}", response_model=ArtifactDraftShown, responses=problem_responses(401, 403, 404, 409, 422)
    )
    async def detach_source(  # pyright: ignore[reportUnusedFunction]
        draft_id: str, source_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Detach a text. Quotes from it stay at what was written from it."""
        check_ids(draft_id=draft_id)
        actor = caller.actor
        return await desk.change(actor, draft_id, lambda tx: sources.remove(tx, actor, draft_id, source_id, rules))

    return router


def _read(tx: Tx, actor: Actor, given: SourceGiven) -> NewSource:
    match given.kind:
        case "document":
            return sources.document(tx, actor, given.id)
        case "upload":
            return sources.upload(tx, actor, given.id)
        case _:
            return _chat(tx, actor, given.id)


def _chat(tx: Tx, actor: Actor, chat_id: str) -> NewSource:
    """The active path of a chat that the actor may read, with neutral names."""
    chat = attempts.chat_to_read(tx, actor, chat_id).chat
    material = material_of(tx, chat)
    said = list(_lines(conversations.transcript(tx, chat.id)))
    people = people_of(tx, chat.account_id, material)
    texts = [chat.title, *(text for _, text in said)]
    authored = [material.scenario.name, material.scenario.description] if material else []
    neutral = Neutraliser(people, texts, authored)
    lines = BLANK_LINE.join(f"{who}: {neutral.replaced(text)}" for who, text in said)
    return NewSource(kind="chat", of_id=chat.id, name=neutral.replaced(chat.title), text=lines)


def _lines(path: Sequence[Message]) -> Iterator[tuple[str, str]]:
    """Who said what, on the active path."""
    for message in path:
        if message.type == "query":
            yield LEARNER, message.content
        else:
            spoken = (content.content for content in message.contents) if message.contents else (message.content,)
            for text in spoken:
                if text.strip():
                    yield PERSONA, text
