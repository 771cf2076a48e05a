"""From an event of a socket to its acknowledgement and, if refused, its error event (Glow 4)."""

import logging
from collections.abc import Mapping, Sequence

from parlour.kernel.refusals import Refusal
from parlour.wire.glow import joining
from parlour.wire.glow.acks import as_object
from parlour.wire.glow.commands import Answer, Command, Commands, Outcome, parse, refused
from parlour.wire.glow.connection import Connection
from parlour.wire.glow.hub import Hub
from parlour.wire.glow.joining import Join, Leave
from parlour.wire.glow.names import (
    ERROR_MEMBERS,
    EVENTS,
    SILENT,
    Operation,
    error_event,
    error_type_of,
    family_of,
    named_ids,
)
from parlour.wire.glow.payloads import AttemptJoin, AttemptLeave, Payload, TestJoin, TestLeave
from parlour.wire.glow.visits import ConnectionVisit
from parlour.wire.glow.voice import Voiced
from parlour.wire.http.metrics import Metrics
from parlour.wire.http.problems import Problem, problem

logger = logging.getLogger("parlour.glow")


class Dispatch:
    """Carries out the events of sockets. More than `events_per_second_max` commands of one are refused (4.7)."""

    def __init__(self, hub: Hub, commands: Commands, metrics: Metrics, events_per_second_max: int) -> None:
        self._hub = hub
        self._commands = commands
        self._metrics = metrics
        self._events_per_second_max = events_per_second_max

    async def command(self, connection: Connection, name: str, args: Sequence[object], number: int | None) -> None:
        """One event of a client, with or without a wish for an acknowledgement."""
        if name in self._hub.guest.commands:
            await self._of_guest(connection, name, args, number)
            return
        operation = EVENTS.get(name)
        if operation is None:
            if family_of(name) is not None or number is not None:
                self.refuse(
                    connection, name, Refusal("unknown_event", f'There is no operation "{name[:100]}".'), number
                )
            return
        raw: object = args[0] if args else {}
        if len(args) > 1:
            raw = None
        if not operation.often and not connection.allows(self._events_per_second_max):
            refusal = Refusal("too_many_requests", "Slow down and try again.", retry_after_seconds=1)
            self._answer(connection, operation, raw, (Outcome(answer=refused(refusal)), number))
        elif operation.handler is None:
            await self._on_connection(connection, operation, raw, number)
        else:
            await self._carry_out(connection, operation, raw, number)

    async def _carry_out(self, connection: Connection, operation: Operation, raw: object, number: int | None) -> None:
        session = connection.session
        command = Command(
            operation=operation,
            session=session,
            raw=raw,
            cursor_id=connection.cursor_id,
            on_join=connection.join_acting,
            joining=self._hub.attendance.by_acting(connection),
            dialect=connection.dialect,
            holds=self._hub.voice.holds(connection.sid),
        )
        if operation.answers_first:
            connection.hold(self._hub.delivery.pump.pos)
        try:
            self._answer(connection, operation, raw, (await self._commands.run(command), number))
        finally:
            if operation.answers_first:
                connection.release()
        if connection.session is not session:
            await self._hub.check_rights(connection)

    async def _of_guest(self, connection: Connection, name: str, args: Sequence[object], number: int | None) -> None:
        """A command of the guest: its acknowledgement or a problem, then what it does on the connection."""
        session, before, then = connection.session, None, None
        try:
            if not connection.allows(self._events_per_second_max):
                raise Refusal("too_many_requests", "Slow down and try again.", retry_after_seconds=1)
            found = await self._hub.guest.command(ConnectionVisit(connection, self._hub.attendance), name, args)
            ack, before, then, code = found.ack, found.before, found.then, "ok"
        except Refusal as refusal:
            ack, code = {"ok": False, "error": problem(refusal)}, refusal.code
        except Exception:
            instance = f"urn:uuid:{self._hub.delivery.ids.new()}"
            logger.exception("command_failed", extra={"operation": name, "instance": instance})
            refusal = Refusal("internal", f"Something went wrong ({instance}).")
            ack, code = {"ok": False, "error": problem(refusal, instance=instance)}, "internal"
        self._metrics.command(name, code)
        if before is not None:
            before()
        if number is not None:
            connection.acknowledge(number, ack)
        if then is not None:
            then()
        if connection.session is not session:
            await self._hub.check_rights(connection)

    def refuse(self, connection: Connection, name: str, refusal: Refusal, number: int | None) -> None:
        """Refuse what is no operation of ours, or cannot be read."""
        operation = EVENTS.get(name)
        known = error_type_of(operation.name, operation.error_type, refusal.code) if operation else None
        found = problem(refusal, error_type=known)
        if number is not None:
            connection.acknowledge(number, {"ok": False, "error": found})
        if family_of(name) is not None and (operation is None or operation.name not in SILENT):
            self._emit_error(connection, name, found, {})

    def _answer(
        self, connection: Connection, operation: Operation, raw: object, found: tuple[Outcome, int | None]
    ) -> None:
        outcome, number = found
        answer = outcome.answer
        self._metrics.command(operation.name, answer.refusal[0] if answer.refusal else "ok")
        if answer.ack is not None:
            if number is not None:
                connection.acknowledge(number, answer.ack)
            if answer.direct is not None:
                connection.emit(answer.direct[0], answer.direct[1], outcome.request_id)
            return
        found_problem = outcome.problem(operation)
        if number is not None:
            connection.acknowledge(number, {"ok": False, "error": found_problem})
        quiet = operation.name in SILENT or (operation.often and not self._hub.voice.may_complain(connection.sid))
        if not quiet:
            ids = named_ids(operation.name, raw)
            self._emit_error(connection, operation.name, found_problem, ids, outcome.request_id)

    def _emit_error(
        self,
        connection: Connection,
        name: str,
        found: Problem,
        ids: Mapping[str, object],
        request: str | None = None,
    ) -> None:
        event = error_event(name)
        said: dict[str, object] = {"message": found["detail"], "code": found["code"]}
        if event != "generation_error":
            said["type" if event == "attempt_error" else "error_type"] = found.get("error_type")
        elif "errors" in found:
            said["errors"] = found["errors"]
        connection.emit(event, {**ERROR_MEMBERS.get(event, {}), **ids, **said, "status": found["status"]}, request)

    async def _on_connection(
        self, connection: Connection, operation: Operation, raw: object, number: int | None
    ) -> None:
        """Join, leave and voice: they act on this very connection, and most of them always do (4.5.6)."""
        try:
            payload = parse(operation.payload, raw)
            command = Command(operation=operation, session=connection.session, raw=raw)
            if isinstance(payload, Voiced):
                await self._voice(connection, (command, payload), number)
                return
            await self._commands.claim(command, payload)
            match payload:
                case AttemptJoin() | TestJoin():
                    await self._join(connection, payload, number)
                case AttemptLeave() | TestLeave():
                    await self._leave(connection, payload, number)
                case Payload():
                    raise RuntimeError("an operation on the connection is not known")
            self._metrics.command(operation.name, "ok")
        except Refusal as refusal:
            self._answer(connection, operation, raw, (Outcome(answer=refused(refusal)), number))
        except Exception:
            instance = f"urn:uuid:{self._hub.delivery.ids.new()}"
            logger.exception("command_failed", extra={"operation": operation.name, "instance": instance})
            failed = Answer(refusal=("internal", f"Something went wrong ({instance}).", ()), instance=instance)
            self._answer(connection, operation, raw, (Outcome(answer=failed), number))

    async def _voice(self, connection: Connection, asked: tuple[Command, Voiced], number: int | None) -> None:
        """The acknowledgement goes before what the session tells."""
        command, payload = asked
        seat = self._hub.voice.at_socket(connection)
        found = await self._commands.once(command, payload, lambda: self._hub.voice.act(seat, payload))
        outcome = Outcome(answer=found, request_id=payload.client_request_id)
        self._answer(connection, command.operation, command.raw, (outcome, number))
        seat.release()

    async def _join(self, connection: Connection, payload: Join, number: int | None) -> None:
        """Acknowledgement, joined event, replay, live: in this order (case 46)."""
        place = await joining.place_connection(self._hub.attendance, connection, payload)
        if number is not None:
            connection.acknowledge(number, as_object(place.ack))
        connection.emit(*joining.joined_event(payload), payload.client_request_id)
        joining.enter(connection, place)

    async def _leave(self, connection: Connection, payload: Leave, number: int | None) -> None:
        left = await joining.leave_room(self._hub.attendance, connection, payload)
        if number is not None:
            connection.acknowledge(number, as_object(left))
