"""How a command is carried out, whichever way it came (Glow 4.2 to 4.6).

Validate, claim the request id, act, remember the answer: one transaction. What comes back is the
acknowledgement object, or the problem object, of the specification.
"""

import hashlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any, cast

import msgspec
from pydantic import ValidationError

from parlour.accounts.entities import SessionActor
from parlour.attempts.regrade import RegradeRules
from parlour.benchmarks.running.rules import RunRules
from parlour.events import cursors, log
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.kernel.ids import Ids
from parlour.kernel.refusals import Fault, Refusal, invalid
from parlour.library.generating import GenerateRules
from parlour.storage import requests
from parlour.storage.database import Database
from parlour.storage.requests import RequestKey
from parlour.storage.tx import Tx
from parlour.wire.glow.acks import as_object
from parlour.wire.glow.aliases import GLOW_WEB
from parlour.wire.glow.handlers import Caller, Done
from parlour.wire.glow.names import Operation, error_type_of
from parlour.wire.glow.payloads import Payload
from parlour.wire.http.problems import CODES, Problem, problem

logger = logging.getLogger("parlour.glow")

DEPTH_MAX = 32
TRANSIENT = frozenset({401, 408, 425, 429})


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of a command; remembered under its request id.

    Exactly one of `ack` and `refusal` (code, text, faults) is there; `members` are further ones of the problem.
    """

    ack: dict[str, Any] | None = None
    refusal: tuple[str, str, tuple[tuple[str, str], ...]] | None = None
    retry_after: int | None = None
    members: dict[str, str] = {}
    joins: str | None = None
    direct: tuple[str, dict[str, Any]] | None = None
    instance: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A command on its way: who, what, and the connection that will be in the chat's room.

    A socket that can recover has a `cursor_id`; `on_join` is told of the room after the commit, with a position
    before the command's first event, and before any reader is told of that.
    `joining` keeps the membership of an HTTP session, and the presence of a socket, in the same transaction.
    `dialect` is that of the connection, or of the deployment. `holds`: whether the connection holds the voice
    session of a chat.
    """

    operation: Operation
    session: SessionActor
    raw: object
    header_request_id: str | None = None
    cursor_id: str | None = None
    on_join: Callable[[str, int], None] | None = None
    joining: Callable[[Tx, str], None] | None = None
    dialect: str | None = None
    holds: Callable[[str], bool] = lambda _: False

    @property
    def payload(self) -> type[Payload]:
        """What the operation takes from this client (9.7)."""
        loose = self.operation.loose if self.dialect == GLOW_WEB else None
        return loose or self.operation.payload


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """The answer, and the ids that an error event repeats."""

    answer: Answer
    request_id: str | None = None

    def problem(self, operation: Operation) -> Problem:
        """The problem object of a refusal (4.4)."""
        code, text, faults = self.answer.refusal or ("internal", "Something went wrong.", ())
        refusal = Refusal(
            code,
            text,
            faults=tuple(Fault(pointer, message) for pointer, message in faults),
            retry_after_seconds=self.answer.retry_after,
            members=self.answer.members,
        )
        error_type = error_type_of(operation.name, operation.error_type, code)
        return problem(refusal, error_type=error_type, instance=self.answer.instance)


class Commands:
    """Carries out commands on the database, under the rules of the deployment."""

    def __init__(
        self,
        database: Database,
        ids: Ids,
        rules: RegradeRules,
        tests: RunRules | None = None,
        authoring: GenerateRules | None = None,
    ) -> None:
        self._database = database
        self._ids = ids
        self._rules = rules
        self._tests = tests or RunRules()
        self._authoring = authoring or GenerateRules()
        self.shutting_down = False

    async def run(self, command: Command) -> Outcome:
        """The outcome of a command; never raises but for cancellation."""
        request_id: str | None = None
        try:
            if self.shutting_down:
                raise Refusal("shutting_down", "The server is restarting. Try again.", retry_after_seconds=1)
            payload = parse(command.payload, command.raw, command.header_request_id)
            request_id = payload.client_request_id
            key = request_key(command, payload)
            answer = await self._database.write(lambda tx: self._act(tx, command, payload, key))
        except Refusal as refusal:
            answer = refused(refusal)
        except Exception:
            instance = f"urn:uuid:{self._ids.new()}"
            logger.exception("command_failed", extra={"operation": command.operation.name, "instance": instance})
            answer = Answer(refusal=("internal", f"Something went wrong ({instance}).", ()), instance=instance)
        return Outcome(answer=answer, request_id=request_id)

    async def claim(self, command: Command, payload: Payload) -> None:
        """For operations that always act: only that the request id is not another request's (4.5.6)."""
        key = request_key(command, payload)
        if key is not None:
            await self._database.write(lambda tx: requests.check(tx, key))

    async def once(self, command: Command, payload: Payload, act: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer of an operation on a connection that is more than one transaction. One that ends something is
        not done again under the same request id; the others always act (4.5.6). Raises `Refusal`."""
        key = request_key(command, payload)
        if key is None:
            return await act()
        known = await self._database.write(lambda tx: requests.claim(tx, key))
        if known:
            return decode(known, Answer)
        answer = await act()
        if command.operation.remembered:
            await self._database.write(lambda tx: requests.answer(tx, key, answer))
        return answer

    def _act(self, tx: Tx, command: Command, payload: Payload, key: RequestKey | None) -> Answer:
        handler = command.operation.handler
        if handler is None:
            raise RuntimeError("an operation on the connection has no handler")
        caller = Caller(
            actor=command.session.actor,
            regrade=self._rules,
            tests=self._tests,
            authoring=self._authoring,
            holds=command.holds,
        )
        if key is None:
            return self._joined(tx, command, handler(tx, caller, payload))
        known = requests.claim(tx, key)
        if known is not None:
            return self._again(tx, command, known)
        try:
            with tx.savepoint():
                answer = self._joined(tx, command, handler(tx, caller, payload))
        except Refusal as refusal:
            answer = refused(refusal)
            status = CODES[refusal.code][0]
            if status in TRANSIENT or status >= 500:
                requests.forget(tx, key)
                return answer
        requests.answer(tx, key, answer)
        return answer

    def _again(self, tx: Tx, command: Command, known: bytes) -> Answer:
        if not known:
            raise Refusal("command_in_progress", "The first request with this id is still running.")
        answer = decode(known, Answer)
        if answer.joins:
            self._join(tx, command, answer.joins)
        return answer

    def _joined(self, tx: Tx, command: Command, done: Done) -> Answer:
        if done.joins:
            self._join(tx, command, done.joins)
        return Answer(ack=as_object(done.ack), joins=done.joins, direct=done.direct)

    def _join(self, tx: Tx, command: Command, room: str) -> None:
        """Who acts is in the room before the first event of the command, which is all that `tx` says so far."""
        on_join, head = command.on_join, log.head(tx)
        if command.cursor_id is not None:
            cursors.join(tx, command.cursor_id, room, head)
        if command.joining is not None:
            caused, tx.announced = tx.announced, []
            command.joining(tx, room)
            tx.announced += caused
        if on_join is not None:
            tx.on_commit(lambda: on_join(room, head))


def refused(refusal: Refusal) -> Answer:
    """A refusal as an answer."""
    faults = tuple((fault.pointer, fault.message) for fault in refusal.faults)
    return Answer(
        refusal=(refusal.code, refusal.text, faults),
        retry_after=refusal.retry_after_seconds,
        members=dict(refusal.members),
    )


def parse(kind: type[Payload], raw: object, header_request_id: str | None = None) -> Payload:
    """The typed payload; raises `invalid_request` with a pointer for every wrong member."""
    if not isinstance(raw, dict):
        raise invalid("", "The payload must be one JSON object")
    check_depth(cast("object", raw))
    try:
        payload = kind.model_validate(raw)
    except ValidationError as error:
        faults = tuple(
            Fault("".join(f"/{part}" for part in found["loc"]), _sentence(found["type"], str(found["msg"])))
            for found in error.errors()
        )
        first = f"{faults[0].pointer.removeprefix('/')}: {faults[0].message}"
        raise Refusal("invalid_request", f"Invalid request: {first}.", faults=faults[:20]) from None
    if header_request_id is None:
        return payload
    if not 1 <= len(header_request_id) <= 128:
        raise invalid("/client_request_id", "Idempotency-Key must have 1 to 128 characters")
    if payload.client_request_id not in (None, header_request_id):
        raise invalid("/client_request_id", "Idempotency-Key and client_request_id differ")
    return payload.model_copy(update={"client_request_id": header_request_id})


def _sentence(kind: str, message: str) -> str:
    """A validator's words for people: the only pattern that payloads have is that of ids."""
    return "This is not an id" if kind == "string_pattern_mismatch" else message.removeprefix("Value error, ")


def check_depth(value: object, depth: int = 1) -> None:
    """Raises `invalid_request` if JSON is nested more than 32 deep (4.2)."""
    if depth > DEPTH_MAX:
        raise invalid("", f"The JSON is nested more than {DEPTH_MAX} deep")
    if isinstance(value, dict):
        for member in value.values():  # pyright: ignore[reportUnknownVariableType]
            check_depth(member, depth + 1)  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(value, list):
        for member in value:  # pyright: ignore[reportUnknownVariableType]
            check_depth(member, depth + 1)  # pyright: ignore[reportUnknownArgumentType]


def request_key(command: Command, payload: Payload) -> RequestKey | None:
    """How a command is remembered (4.5): account, id, operation, digest of the payload."""
    if payload.client_request_id is None:
        return None
    digest = hashlib.sha256(msgspec.json.encode(_sent(command, payload), order="deterministic")).hexdigest()
    return RequestKey(
        account_id=command.session.actor.account_id,
        request_id=payload.client_request_id,
        operation=command.operation.name,
        digest=digest,
    )


def _sent(command: Command, payload: Payload) -> dict[str, object]:
    """What was asked for, and the defaults of the operation for the rest: a request may be repeated on a connection
    of another dialect, whose defaults are others (9.7)."""
    fields = command.operation.payload.model_fields
    rest = {
        name: fields[name].default for name in fields.keys() - {"client_request_id"} if not fields[name].is_required()
    }
    return rest | payload.model_dump(exclude={"client_request_id"}, exclude_unset=True)
