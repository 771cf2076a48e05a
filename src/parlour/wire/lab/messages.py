"""The six routes on which a person says something (lab protocol 3). The state decides, the address is a hint."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from parlour.assistant.accepting.actions import accept
from parlour.assistant.accepting.entities import Attachment, GivenFlags, Said, SaidKind
from parlour.assistant.accepting.refusing import refuse
from parlour.assistant.entities import Language
from parlour.files import actions as files
from parlour.files.intake import Intake
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Refusal
from parlour.settings.lab import LabLimits
from parlour.storage.database import Database
from parlour.storage.requests import RequestKey
from parlour.storage.tx import Tx
from parlour.wire.http.openapi import REF, body_of
from parlour.wire.http.problems import problem_responses
from parlour.wire.http.texts import NoNul
from parlour.wire.lab.bodies import fitted, json_body
from parlour.wire.lab.callers import Callers, LabCaller
from parlour.wire.lab.idempotency import Answered, body_digest, key_of, once, response_of
from parlour.wire.lab.receiving import ReceivingPosts
from parlour.wire.lab.titles import accepted_language, title_of
from parlour.wire.lab.uploads_form import Form, FormLimits, read_form

FIELD_OVERHEAD_BYTES = 1024
_NAME = "upload"
_HEADERS = {
    "Location": "Where the message's turn is: `/users/{id}/turns/{turn_id}`",
    "X-Message-Id": "The id of the stored message",
    "X-Message-Effect": "`started`, `queued`, `answered` or `answering`",
    "Idempotency-Replayed": "`true` if this answers an earlier request with the same `Idempotency-Key`",
}

Text = Annotated[str, NoNul]


class _Fields(BaseModel):
    """What every message may have. Booleans may also be 0, 1 and words; unknown fields are ignored."""

    reply_in_speech: bool | None = None
    enable_instruct: bool | None = None
    enable_comment: bool | None = None
    question_id: Text | None = None

    def flags(self) -> GivenFlags:
        """The flags as they were given."""
        return GivenFlags(
            reply_in_speech=self.reply_in_speech,
            enable_instruct=self.enable_instruct,
            enable_comment=self.enable_comment,
        )


class TextMessage(_Fields):
    """A message in words."""

    text: Text


class FileMessage(_Fields):
    """A message with a file, which is the part `file` of the form."""

    text: Text = ""
    file_name: Text = ""


class SpeechMessage(_Fields):
    """A spoken message: the recording is the part `file` of the form."""

    file_suffix: Text = ""


class FileForm(FileMessage):
    """The form of a message with a file."""

    file: bytes = Field(json_schema_extra={"format": "binary"})


class SpeechForm(SpeechMessage):
    """The form of a spoken message. `file_suffix` is a hint; the bytes decide."""

    file: bytes = Field(json_schema_extra={"format": "binary"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One of the six."""

    name: str
    kind: SaidKind
    inner: bool
    summary: str


ROUTES = (
    Route(name="chat_text", kind="text", inner=False, summary="Send text"),
    Route(name="chat_with_file", kind="file", inner=False, summary="Send a file"),
    Route(name="chat_speech", kind="speech", inner=False, summary="Send speech"),
    Route(name="inner_chat_text", kind="text", inner=True, summary="Answer with text"),
    Route(name="inner_chat_with_file", kind="file", inner=True, summary="Answer with a file"),
    Route(name="inner_chat_speech", kind="speech", inner=True, summary="Answer with speech"),
)
MODELS: tuple[type[BaseModel], ...] = (TextMessage, FileForm, SpeechForm)
_FORMS: Mapping[SaidKind, type[_Fields]] = {"file": FileMessage, "speech": SpeechMessage}


@dataclass(frozen=True, kw_only=True, slots=True)
class MessagesNeed:
    """What the routes are built from. `receiving` is the one that the mailbox asks."""

    database: Database
    callers: Callers
    intake: Intake
    receiving: ReceivingPosts
    limits: LabLimits
    base_path: str = ""


def messages_router(need: MessagesNeed) -> APIRouter:
    """The routes on which a person says something."""
    router = APIRouter(tags=["lab"])
    for route in ROUTES:
        _add(router, need, route)
    return router


def _add(router: APIRouter, need: MessagesNeed, route: Route) -> None:
    taking = _Taking(need, route)

    @router.post(
        f"/users/{{id}}/{route.name}",
        name=route.name,
        summary=route.summary,
        response_class=Response,
        responses={200: _answer_shape(), **problem_responses(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)},
        openapi_extra={"requestBody": _body_shape(route)},
    )
    async def post(  # pyright: ignore[reportUnusedFunction]
        request: Request, caller: Annotated[LabCaller, Depends(need.callers.sender)]
    ) -> Response:
        """Accepted at once; the reply comes through the mailbox. The body of the answer is `null`."""
        return await taking.answer(request, caller)


class _Taking:
    """How one of the routes takes a message."""

    def __init__(self, need: MessagesNeed, route: Route) -> None:
        self._need = need
        self._route = route

    async def answer(self, request: Request, caller: LabCaller) -> Response:
        try:
            if caller.trusted:
                self._need.callers.count(caller)
            with self._need.receiving.begin(caller.account_id):
                return response_of(await self._take(request, caller))
        except Refusal as refusal:
            if caller.trusted:
                await self._leave(caller, refusal, _accepted(request))
            raise

    async def _take(self, request: Request, caller: LabCaller) -> Answered:
        if self._route.kind == "text":
            said, digest = await self._words(request, caller)
        else:
            said, digest = await self._form(request, caller, self._route.kind)
        key = key_of(request, caller, self._route.name, digest)
        taken = replace(said, accepts=_accepted(request))
        return await self._need.database.write(lambda tx: self._accept(tx, caller, taken, key))

    async def _words(self, request: Request, caller: LabCaller) -> tuple[Said, str]:
        given = await json_body(request, TextMessage)
        return self._said(caller, given, given.text, None), body_digest(given.model_dump(exclude_unset=True))

    async def _form(self, request: Request, caller: LabCaller, kind: SaidKind) -> tuple[Said, str]:
        model = _FORMS[kind]
        form = await read_form(request, self._need.intake, await self._form_limits(caller, model))
        given = fitted(model, {name: value for name, value in form.fields.items() if value})
        if form.file is None:
            raise Refusal("file_missing", "The form has no part named file.")
        digest = body_digest(given.model_dump(exclude_unset=True), [form.file.received.digest])
        text = given.text if isinstance(given, FileMessage) else ""
        return self._said(caller, given, text, _attachment(given, form)), digest

    async def _form_limits(self, caller: LabCaller, model: type[_Fields]) -> FormLimits:
        limits = self._need.limits
        spoken = self._route.kind == "speech"
        room = await self._need.database.read(lambda tx: files.room_left(tx, caller.account_id, limits.quota_bytes))
        return FormLimits(
            fields=frozenset(model.model_fields),
            file_bytes_max=limits.speech_bytes_max if spoken else limits.upload_bytes_max,
            field_bytes_max=4 * limits.text_chars_max + FIELD_OVERHEAD_BYTES,
            room=room,
            parts_max=limits.upload_parts_max,
        )

    def _said(self, caller: LabCaller, given: _Fields, text: str, attachment: Attachment | None) -> Said:
        return Said(
            account_id=caller.account_id,
            author_id=caller.author_id,
            route=self._route.name,
            kind=self._route.kind,
            inner=self._route.inner,
            text=text,
            flags=given.flags(),
            question_id=given.question_id or None,
            attachment=attachment,
        )

    def _accept(self, tx: Tx, caller: LabCaller, said: Said, key: RequestKey | None) -> Answered:
        def act() -> Answered:
            accepted = accept(tx, said, self._need.limits)
            turn = f"{self._need.base_path}/users/{quote(caller.user_id, safe='')}/turns/{accepted.turn_id}"
            headers = {
                "Location": turn,
                "X-Message-Id": accepted.message_id,
                "X-Message-Effect": accepted.effect,
            }
            return Answered(headers=headers)

        return once(tx, key, act)

    async def _leave(self, caller: LabCaller, refusal: Refusal, accepts: Language) -> None:
        """A client without a credential looks only into its mailbox (2.4)."""
        titles: dict[Language, str] = {"en": title_of(refusal.code, "en"), "zh": title_of(refusal.code, "zh")}
        await self._need.database.write(lambda tx: refuse(tx, caller.account_id, refusal.code, titles, accepts))


def _accepted(request: Request) -> Language:
    return accepted_language(request.headers.get("accept-language"))


def _attachment(given: _Fields, form: Form) -> Attachment | None:
    if form.file is None:
        return None
    name = given.file_name if isinstance(given, FileMessage) else ""
    return Attachment(name=name or form.file.name or _NAME, received=form.file.received)


def _answer_shape() -> dict[str, Any]:
    return {
        "description": "Accepted",
        "content": {"application/json": {"schema": {"type": "null"}}},
        "headers": {name: {"description": text, "schema": {"type": "string"}} for name, text in _HEADERS.items()},
    }


def _body_shape(route: Route) -> dict[str, object]:
    """The request's body for `/openapi.json`."""
    if route.kind == "text":
        return body_of(TextMessage, required=True)
    form = FileForm if route.kind == "file" else SpeechForm
    schema = {"$ref": REF.format(model=form.__name__)}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
