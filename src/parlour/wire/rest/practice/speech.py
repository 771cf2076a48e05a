"""What was spoken in a chat: what was heard, how sure of it the engine was, recordings, and disputes over it."""

from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from parlour.accounts.entities import SessionActor
from parlour.attempts.spoken import disputing, reading
from parlour.attempts.spoken.disputing import Place
from parlour.attempts.spoken.reading import SpeechRules
from parlour.attempts.spoken.shapes import ChatSpeech, Decided, UtteranceShown
from parlour.kernel.dataclass import dataclass
from parlour.storage.database import Database
from parlour.wire.http.credentials import Authenticator
from parlour.wire.http.problems import problem_responses
from parlour.wire.http.texts import NoNul
from parlour.wire.rest.answering import read_answer, write_answer
from parlour.wire.rest.ids import check_ids

TEXT_CHARACTERS_MAX = 32_000  # as a typed message (Glow 7.11)


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeechNeed:
    """What the routes are built from."""

    database: Database
    authenticator: Authenticator
    rules: SpeechRules


class Disputed(BaseModel):
    """What the learner says they said, in place of what was heard."""

    model_config: ClassVar[ConfigDict] = ConfigDict(strict=True, extra="forbid")

    text: Annotated[str, NoNul] = Field(min_length=1, max_length=TEXT_CHARACTERS_MAX)


class Decision(BaseModel):
    """Whether the message is to say what the learner says it said."""

    model_config: ClassVar[ConfigDict] = ConfigDict(strict=True, extra="forbid")

    accept: bool


def speech_router(need: SpeechNeed) -> APIRouter:
    """The routes under `/api/v1/chats/{chat_id}` that are about speech."""
    router = APIRouter(prefix="/api/v1/chats", tags=["speech"])
    caller_of = Depends(need.authenticator.of_request)

    @router.get("/{chat_id}/speech", response_model=ChatSpeech, responses=problem_responses(401, 403, 404, 422))
    async def read_speech(  # pyright: ignore[reportUnusedFunction]
        chat_id: str, caller: Annotated[SessionActor, caller_of]
    ) -> Response:
        """Every utterance with its words, their confidence and its recording, and of every spoken reply what was
        generated, sent and heard."""
        check_ids(chat_id=chat_id)
        return await read_answer(need.database, lambda tx: reading.chat_speech(tx, caller.actor, chat_id, need.rules))

    @router.post(
        "/{chat_id}/utterances/{item_id}/dispute",
        response_model=UtteranceShown,
        responses=problem_responses(401, 403, 404, 409, 422),
    )
    async def dispute_utterance(  # pyright: ignore[reportUnusedFunction]
        chat_id: str, item_id: str, given: Disputed, caller: Annotated[SessionActor, caller_of]
    ) -> Response:
        """The learner, before the chat is graded: something else was said. Until staff decide, no word of the
        utterance can lower a grade."""
        check_ids(chat_id=chat_id, item_id=item_id)
        place = Place(chat_id=chat_id, item_id=item_id)
        return await write_answer(
            need.database, lambda tx: disputing.dispute(tx, caller.actor, place, given.text, need.rules)
        )

    @router.post(
        "/{chat_id}/utterances/{item_id}/decision",
        response_model=Decided,
        responses=problem_responses(401, 403, 404, 409, 422),
    )
    async def decide_dispute(  # pyright: ignore[reportUnusedFunction]
        chat_id: str, item_id: str, given: Decision, caller: Annotated[SessionActor, caller_of]
    ) -> Response:
        """Staff decide a dispute, once. Accepted, the message says the disputed text; what the engine heard stays
        in the utterance. Readers of the chat are told the message again."""
        check_ids(chat_id=chat_id, item_id=item_id)
        place = Place(chat_id=chat_id, item_id=item_id)
        return await write_answer(
            need.database, lambda tx: disputing.decide(tx, caller.actor, place, need.rules, accept=given.accept)
        )

    return router
