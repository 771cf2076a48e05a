"""The laboratory on Socket.IO: commands and rooms of a person's conversation (lab protocol 12.2).

A guest on the sockets of Glow, which it meets only as a `Visit`: handshake, recovery, offsets and
delivery are shared, so stock clients recover here as there.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol, cast

import msgspec
from starlette.requests import HTTPConnection

from parlour.accounts import actions as accounts
from parlour.accounts.entities import SessionActor
from parlour.accounts.names import is_user_id
from parlour.assistant.mailbox import actions as mailbox
from parlour.audit import actions as audit
from parlour.conversations.rooms import lab_room
from parlour.kernel.actor import Actor
from parlour.kernel.clock import Clock
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import Refusal, not_found
from parlour.settings.lab import Lab
from parlour.storage.database import Database
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx
from parlour.wire.http.limits import JSON_DEPTH_MAX, check_json_depth
from parlour.wire.lab import encode_events, following, socket_commands
from parlour.wire.lab.bells import Bells, leave
from parlour.wire.lab.bodies import fitted
from parlour.wire.lab.brakes import RequestBrake
from parlour.wire.lab.callers import Callers, LabCaller, acting_for
from parlour.wire.lab.cookies import cookie_of
from parlour.wire.lab.socket_payloads import (
    COMMANDS,
    LabPayload,
    PersonJoin,
    PersonLeave,
    PersonSay,
    QuestionAnswer,
    ReplySeen,
    TurnCancel,
)
from parlour.wire.lab.stream import too_many_streams

ROUTE = "socket"
_PREFIX = encode_events.ROOM_PREFIX


class Visit(Protocol):
    """A connection, as much of it as is needed here."""

    @property
    def sid(self) -> str: ...
    @property
    def session(self) -> SessionActor: ...
    @property
    def rooms(self) -> Collection[str]: ...
    def enter(self, tx: Tx, room: str, known: int) -> None: ...
    async def reach(self, pos: int) -> None: ...
    def promise(self, name: str, payload: Mapping[str, object], room: str, after: int) -> None: ...
    def follow(self, room: str, after: int) -> None: ...
    def tell(self, name: str, payload: Mapping[str, object]) -> None: ...
    async def leave(self, room: str) -> None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """An acknowledgement, and what happens on the connection just before and once it is sent."""

    ack: Mapping[str, object]
    before: Callable[[], None] | None = None
    then: Callable[[], None] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SocketsNeed:
    """What sockets of the laboratory work with."""

    database: Database
    clock: Clock
    callers: Callers
    brake: RequestBrake
    bells: Bells
    lab: Lab


class LabSockets:
    """The guest. It knows who is in which room, and under which name the room is told."""

    commands: Collection[str] = frozenset(COMMANDS)

    def __init__(self, need: SocketsNeed) -> None:
        self._need = need
        self._rooms: dict[str, tuple[str, set[str]]] = {}
        self._tasks: set[asyncio.Task[object]] = set()

    # --- rooms ---

    def has(self, room: str) -> bool:
        """Whether a room is one of the laboratory's."""
        return room.startswith(_PREFIX)

    def may_read(self, tx: Tx, actor: Actor, room: str) -> bool:
        """One's own room; admins may be in any."""
        return room == lab_room(actor.account_id) or actor.is_operator

    def check_opening(self, account_id: str) -> None:
        """No further socket for an account that has as many streams and sockets here as it may."""
        if self._need.bells.lines[account_id] >= self._need.lab.limits.streams_per_account_max:
            raise too_many_streams()

    async def session_of(self, headers: Mapping[str, str]) -> SessionActor | None:
        """Who the cookie of a handshake is; a foreign `Origin` is refused."""
        raw = [(name.encode("latin-1"), text.encode("latin-1")) for name, text in headers.items() if name[0] != ":"]
        connection = HTTPConnection({"type": "http", "headers": raw, "scheme": headers.get(":scheme", "http")})
        return None if cookie_of(connection.cookies) is None else await self._need.callers.handshake(connection, None)

    def said(
        self, event: Logged, places: Sequence[tuple[str, int]], epoch: str
    ) -> tuple[str, Mapping[str, object]] | None:
        """An event of a conversation; encoded once for everybody in the same rooms."""
        key = (_PREFIX, tuple(places))
        if key not in event.encoded:
            form = self._need.lab.reply_speech
            event.encoded[key] = encode_events.said(event, places, epoch, self._name, form)
        return cast("encode_events.Said | None", event.encoded[key])

    def told(self, session: SessionActor, event: Logged) -> None:
        """A question that its owner or assignee was sent counts as delivered; noted before the next command acts."""
        by = session.actor.account_id
        if following.asks(event, by):
            writing = self._need.database.write(lambda tx: following.deliver(tx, [event], by, ROUTE))
            task: asyncio.Task[object] = asyncio.ensure_future(writing)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def comes_back(self, visit: Visit, rooms: Sequence[str]) -> None:
        """A recovered connection is in its rooms again."""
        for room in rooms:
            self._enter(visit.sid, room, await self._user_of(room))

    async def resync(self, room: str, epoch: str, seq: int) -> Mapping[str, object]:
        """A room that a connection cannot have back."""
        return encode_events.cursor_of(f"person:{await self._user_of(room)}", epoch, seq, self._need.clock.now_ms())

    def left(self, sid: str, rooms: Collection[str]) -> None:
        """A connection is not in these rooms any more."""
        for room in rooms:
            _, sids = self._rooms.get(room, ("", set[str]()))
            if sid in sids:
                sids.discard(sid)
                leave(self._need.bells.lines, room.removeprefix(_PREFIX))
            if not sids:
                self._rooms.pop(room, None)

    def _enter(self, sid: str, room: str, user_id: str) -> None:
        _, sids = self._rooms.setdefault(room, (user_id, set[str]()))
        if sid not in sids:
            sids.add(sid)
            self._need.bells.lines[room.removeprefix(_PREFIX)] += 1

    def _name(self, room: str) -> str:
        return f"person:{self._rooms[room][0]}"

    async def _user_of(self, room: str) -> str:
        account_id = AccountId(room.removeprefix(_PREFIX))
        found = await self._need.database.read(lambda tx: accounts.account_by_id(tx, account_id))
        return found.user_id if found else ""

    # --- commands ---

    async def command(self, visit: Visit, name: str, args: Sequence[object]) -> Answer:
        """Carry out a command. `Refusal`: those of 13.3."""
        self._need.brake.count(visit.session.actor.account_id)
        payload = read(name, args, self._need.lab.limits.json_depth_max)
        match payload:
            case PersonJoin():
                return await self._join(visit, payload)
            case PersonLeave():
                return await self._leave(visit)
            case PersonSay() | QuestionAnswer() | TurnCancel() | ReplySeen():
                own = await self._own(visit)
                return Answer(ack=await self._need.database.write(lambda tx: self._act(tx, own, payload)))
            case _:
                raise LookupError(name)

    def _act(self, tx: Tx, own: LabCaller, payload: LabPayload) -> Mapping[str, object]:
        limits = self._need.lab.limits
        match payload:
            case PersonSay():
                return socket_commands.say(tx, own, payload, limits)
            case QuestionAnswer():
                return socket_commands.answer(tx, own, payload, limits)
            case TurnCancel():
                return socket_commands.cancel(tx, own, payload)
            case ReplySeen():
                mailbox.acknowledge(tx, own.account_id, payload.message_id)
                return {"ok": True}
            case _:
                raise LookupError(type(payload).__name__)

    async def _join(self, visit: Visit, payload: PersonJoin) -> Answer:
        """Acknowledgement, the past, then live: in this order. Rights that changed meanwhile are asked again."""
        while True:
            session = visit.session
            caller, begun, inside = await self._begin(visit, session, payload)
            await visit.reach(begun.known)
            if visit.session is session:
                break
        ack = {"ok": True, "cursor": {"epoch": begun.epoch, "seq": begun.seq}}
        if inside:
            return Answer(ack=ack)
        past = begun.after < begun.known
        return Answer(
            ack=ack,
            before=(lambda: self._promise(visit, caller, begun)) if past else None,
            then=lambda: self._follow(visit, caller, begun),
        )

    async def _begin(
        self, visit: Visit, session: SessionActor, payload: PersonJoin
    ) -> tuple[LabCaller, following.Start, bool]:
        """Whose room is joined, where it begins, and whether the connection is in it already."""
        caller = await self._need.database.read(lambda tx: _place(tx, session, payload.id))
        room = lab_room(caller.account_id)
        inside = room in visit.rooms
        if not inside:
            self.check_opening(caller.account_id)

        def enter(tx: Tx) -> following.Start:
            if caller.author_id != caller.account_id:
                audit.record(tx, acting_for(caller, "person_join", {}))
            begun = following.start(tx, room, payload.since)
            visit.enter(tx, room, begun.known)
            return begun

        return caller, await self._need.database.write(enter), inside

    def _promise(self, visit: Visit, caller: LabCaller, begun: following.Start) -> None:
        """So that a connection that is cut before the first event of the past gets all of it when it comes back."""
        payload = encode_events.cursor_of(f"person:{caller.user_id}", begun.epoch, begun.seq, self._need.clock.now_ms())
        visit.promise("person_joined", payload, lab_room(caller.account_id), begun.after)

    def _follow(self, visit: Visit, caller: LabCaller, begun: following.Start) -> None:
        room = lab_room(caller.account_id)
        visit.follow(room, begun.after)
        if room not in visit.rooms:
            return
        self._enter(visit.sid, room, caller.user_id)
        if begun.lost:
            now = self._need.clock.now_ms()
            visit.tell("resync", encode_events.cursor_of(self._name(room), begun.epoch, begun.seq, now))

    async def _leave(self, visit: Visit) -> Answer:
        rooms = [room for room in visit.rooms if self.has(room)]
        for room in rooms:
            await visit.leave(room)
        self.left(visit.sid, rooms)
        return Answer(ack={"ok": True})

    async def _own(self, visit: Visit) -> LabCaller:
        """The caller as of now: a session that was revoked acts no more."""
        session = visit.session
        caller = _caller(session, session.actor.account_id, session.actor.user_id)
        if not await self._need.callers.holds(caller):
            raise Refusal("unauthenticated", "The session has ended.")
        return caller


def read(name: str, args: Sequence[object], depth_max: int = JSON_DEPTH_MAX) -> LabPayload:
    """The payload of a command. Raises `validation`, `unknown_field`, `bad_request` (nested too deep)."""
    given: object = args[0] if args else {}
    if len(args) > 1 or not isinstance(given, dict):
        raise Refusal("validation", "The payload must be one JSON object.")
    members = cast("Mapping[str, object]", given)
    check_json_depth(msgspec.json.encode(members), depth_max)
    return fitted(COMMANDS[name][0], members)


def _place(tx: Tx, session: SessionActor, user_id: str | None) -> LabCaller:
    """Whose conversation is meant: one's own, or for an admin that of `user_id`."""
    actor = session.actor
    if user_id is None:
        return _caller(session, actor.account_id, actor.user_id)
    found = accounts.account_by_user_id(tx, user_id) if is_user_id(user_id) else None
    if found is None or (found.account_id != actor.account_id and not actor.is_operator):
        raise not_found("Account")
    return _caller(session, found.account_id, found.user_id)


def _caller(session: SessionActor, account_id: AccountId, user_id: str) -> LabCaller:
    return LabCaller(
        account_id=account_id,
        user_id=user_id,
        author_id=session.actor.account_id,
        operator=session.actor.is_operator,
        session_digest=session.digest,
        session=session,
    )
