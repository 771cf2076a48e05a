"""SQL over attempts, and over their chats and grades where a read model needs many at once."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from parlour.attempts.detail_rules import ChatOutcome
from parlour.attempts.entities import INFINITE_CHATS_MAX, Attempt, Waiting
from parlour.attempts.listing_shapes import Filters, Owned, Position
from parlour.attempts.reuse_rules import Earlier, EarlierGrade
from parlour.conversations.entities import Chat, Snapshot
from parlour.kernel.actor import RANKS, Actor
from parlour.kernel.decoding import decode, decoder_of
from parlour.kernel.ids import AccountId, AttemptId, ChatId, EntryId
from parlour.storage.tx import Row, Tx

_IDS = decoder_of(tuple[str, ...])
_SNAPSHOT = decoder_of(Snapshot)
NAMES_MAX = 100  # in one statement
_COUNTING_GRADE = (
    "g.chat_id = c.id AND g.state = 'done' AND g.branch_message_id IS NULL AND NOT EXISTS (SELECT 1 FROM grades n"
    " WHERE n.chat_id = c.id AND n.state = 'done' AND n.branch_message_id IS NULL"
    " AND (n.created_at > g.created_at OR (n.created_at = g.created_at AND n.id > g.id)))"
)


def _attempt(row: Row) -> Attempt:
    return Attempt(
        id=AttemptId(row["id"]),
        account_id=AccountId(row["account_id"]),
        entry_id=EntryId(row["entry_id"]),
        practice=bool(row["practice"]),
        infinite_mode=bool(row["infinite_mode"]),
        num_chats=row["num_chats"],
        infinite_chats_max=row["infinite_chats_max"] or INFINITE_CHATS_MAX,
        pass_number=row["pass"],
        user_persona_id=row["user_persona_id"],
        simulation_id=row["simulation_id"],
        cohort_id=row["cohort_id"],
        department_ids=_IDS.decode(row["department_ids"]),
        name=row["name"],
        description=row["description"],
        state=row["state"],
        archived=bool(row["archived"]),
        created_at=row["created_at"],
        ended_at=row["ended_at"],
    )


def insert(tx: Tx, attempt: Attempt) -> None:
    tx.run(
        "INSERT INTO attempts (id, account_id, entry_id, practice, infinite_mode, num_chats, infinite_chats_max, pass,"
        " user_persona_id, simulation_id, cohort_id, department_ids, name, description, state, archived, created_at,"
        " ended_at)"
        " VALUES (:id, :account_id, :entry_id, :practice, :infinite_mode, :num_chats, :infinite_chats_max, :pass,"
        " :user_persona_id, :simulation_id, :cohort_id, :department_ids, :name, :description, :state, :archived,"
        " :created_at, NULL)",
        id=attempt.id,
        account_id=attempt.account_id,
        entry_id=attempt.entry_id,
        practice=int(attempt.practice),
        infinite_mode=int(attempt.infinite_mode),
        num_chats=attempt.num_chats,
        infinite_chats_max=attempt.infinite_chats_max,
        user_persona_id=attempt.user_persona_id,
        simulation_id=attempt.simulation_id,
        cohort_id=attempt.cohort_id,
        department_ids=msgspec.json.encode(attempt.department_ids).decode(),
        name=attempt.name,
        description=attempt.description,
        state=attempt.state,
        archived=int(attempt.archived),
        created_at=attempt.created_at,
        **{"pass": attempt.pass_number},
    )


def attempt(tx: Tx, attempt_id: AttemptId, *, lock: bool) -> Attempt | None:
    row = tx.one(f"SELECT * FROM attempts WHERE id = :id{' FOR UPDATE' if lock else ''}", id=attempt_id)  # noqa: S608
    return _attempt(row) if row else None


def set_pass(tx: Tx, attempt_id: AttemptId, number: int) -> None:
    tx.run("UPDATE attempts SET pass = :number WHERE id = :id", id=attempt_id, number=number)


def end(tx: Tx, attempt_id: AttemptId) -> None:
    tx.run("UPDATE attempts SET state = 'ended', ended_at = :now WHERE id = :id", id=attempt_id, now=tx.now_ms)


def of_entries(tx: Tx, entry_ids: Sequence[EntryId], account_id: AccountId | None) -> list[Attempt]:
    """The attempts at these entries, of one account or of all."""
    where, params = _at_entries(entry_ids, account_id)
    return [_attempt(row) for row in tx.all(f"SELECT a.* FROM attempts a WHERE {where}", **params)]  # noqa: S608


def outcomes_of_entries(
    tx: Tx, entry_ids: Sequence[EntryId], account_id: AccountId | None
) -> dict[AttemptId, list[ChatOutcome]]:
    """How the chats of those attempts stand, by attempt."""
    return _outcomes(tx, *_at_entries(entry_ids, account_id))


def outcomes(tx: Tx, attempt_ids: Sequence[AttemptId]) -> dict[AttemptId, list[ChatOutcome]]:
    """How the chats of these attempts stand, by attempt."""
    return _outcomes(tx, *_among("a.id", "attempt", attempt_ids))


def reusable(tx: Tx, account_id: AccountId, attempt_id: AttemptId) -> list[Earlier]:
    """The chats that `reuse_rules.pair_fault` may find valid for some template of this attempt (6.7).

    What no template could take is left out here already: practice, open chats, chats without a grade.
    """
    rows = tx.all(
        "SELECT c.*, g.score, g.total_points, g.time_taken FROM chats c JOIN attempts a ON a.id = c.attempt_id"  # noqa: S608
        f" JOIN grades g ON {_COUNTING_GRADE}"
        " WHERE c.account_id = :account AND c.completed_at IS NOT NULL AND a.practice = 0 AND a.id <> :attempt",
        account=account_id,
        attempt=attempt_id,
    )
    return [
        Earlier(
            chat=_completed_chat(row),
            practice=False,
            grade=EarlierGrade(score=row["score"], total_points=row["total_points"], time_taken=row["time_taken"] or 0),
        )
        for row in rows
    ]


def waiting(tx: Tx, attempt_id: AttemptId) -> Waiting | None:
    """The chat that is being generated for an attempt, if one is (6.1.7)."""
    row = tx.one("SELECT waiting FROM attempts WHERE id = :id", id=attempt_id)
    return decode(row["waiting"], Waiting) if row and row["waiting"] else None


def set_waiting(tx: Tx, attempt_id: AttemptId, found: Waiting | None) -> None:
    body = msgspec.json.encode(found).decode() if found else None
    tx.run("UPDATE attempts SET waiting = :body WHERE id = :id", id=attempt_id, body=body)


def prepares(tx: Tx, attempt_id: AttemptId) -> bool:
    """Whether the attempt waits for material that is being made for its next chat (6.1.7)."""
    return waiting(tx, attempt_id) is not None


def page(tx: Tx, actor: Actor, filters: Filters, after: Position | None, limit: int) -> list[Owned]:
    """The attempts that the actor may read (1.1), newest first, those after a position."""
    wheres, params = _listed(actor, filters, after)
    rows = tx.all(
        "SELECT a.*, o.name AS owner_name FROM attempts a LEFT JOIN accounts o ON o.id = a.account_id"  # noqa: S608
        f" WHERE {' AND '.join(wheres)} ORDER BY a.created_at DESC, a.id DESC LIMIT :limit",
        limit=limit,
        **params,
    )
    return [Owned(attempt=_attempt(row), owner_name=row["owner_name"]) for row in rows]


def positions(tx: Tx, actor: Actor, filters: Filters, after: Position | None, limit: int) -> list[Position]:
    """Where those attempts stand in the list."""
    wheres, params = _listed(actor, filters, after)
    rows = tx.all(
        "SELECT a.id, a.created_at FROM attempts a LEFT JOIN accounts o ON o.id = a.account_id"  # noqa: S608
        f" WHERE {' AND '.join(wheres)} ORDER BY a.created_at DESC, a.id DESC LIMIT :limit",
        limit=limit,
        **params,
    )
    return [Position(created_at=row["created_at"], attempt_id=row["id"]) for row in rows]


def like_escaped(text: str) -> str:
    """A text as part of a LIKE pattern whose escape is `!`."""
    return "".join(f"!{each}" if each in "!%_" else each for each in text)


def _listed(actor: Actor, filters: Filters, after: Position | None) -> tuple[list[str], dict[str, object]]:
    wheres, params = readable(actor)
    if after is not None:
        wheres.append("(a.created_at < :at OR (a.created_at = :at AND a.id < :after))")
        params |= {"at": after.created_at, "after": after.attempt_id}
    _filter(filters, wheres, params)
    return wheres, params


def _among(column: str, name: str, values: Sequence[str]) -> tuple[str, dict[str, object]]:
    params: dict[str, object] = {f"{name}_{index}": value for index, value in enumerate(values)}
    if not params:
        return "1 = 0", params
    return f"{column} IN ({', '.join(f':{each}' for each in params)})", params


def _at_entries(entry_ids: Sequence[EntryId], account_id: AccountId | None) -> tuple[str, dict[str, object]]:
    where, params = _among("a.entry_id", "entry", entry_ids)
    if account_id is None:
        return where, params
    return f"a.account_id = :account AND {where}", params | {"account": account_id}


def _outcomes(tx: Tx, where: str, params: Mapping[str, object]) -> dict[AttemptId, list[ChatOutcome]]:
    rows = tx.all(
        "SELECT c.attempt_id, c.chat_entry_id, c.state, g.score, g.passed, g.total_points FROM attempts a"  # noqa: S608
        f" JOIN chats c ON c.attempt_id = a.id LEFT JOIN grades g ON {_COUNTING_GRADE} WHERE {where}",
        **params,
    )
    found: dict[AttemptId, list[ChatOutcome]] = {}
    for row in rows:
        outcome = ChatOutcome(
            chat_entry_id=row["chat_entry_id"],
            completed=row["state"] == "completed",
            score=row["score"],
            passed=None if row["passed"] is None else bool(row["passed"]),
            total_points=row["total_points"],
        )
        found.setdefault(AttemptId(row["attempt_id"]), []).append(outcome)
    return found


def _completed_chat(row: Row) -> Chat:
    return Chat(
        id=ChatId(row["id"]),
        attempt_id=AttemptId(row["attempt_id"]),
        account_id=AccountId(row["account_id"]),
        chat_entry_id=row["chat_entry_id"],
        pass_number=row["pass"],
        position=row["position"],
        title=row["title"],
        group_id=row["group_id"],
        state="completed",
        completion=None,
        snapshot=_SNAPSHOT.decode(row["snapshot"]),
        source_chat_id=None,
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        completed_at=row["completed_at"],
    )


def readable(actor: Actor) -> tuple[list[str], dict[str, object]]:
    """The read right of `access`, as a condition: own attempts, and those of which the actor is staff."""
    if actor.role == "superadmin":
        return ["1 = 1"], {}
    own, params = "a.account_id = :me", dict[str, object](me=actor.account_id)
    if actor.role not in ("admin", "instructional"):
        return [own], params
    above = sorted(role for role, rank in RANKS.items() if rank >= actor.rank)
    departments, of_departments = _in_departments("mine", sorted(actor.department_ids))
    cohorts, of_cohorts = _among("a.cohort_id", "cohort", sorted(actor.taught_cohort_ids))
    reach = departments if actor.role == "admin" else f"({cohorts} OR (a.cohort_id IS NULL AND {departments}))"
    ranked, of_ranks = _among("o.role", "above", above)
    params |= of_departments | of_ranks | (of_cohorts if actor.role == "instructional" else {})
    return [f"({own} OR ({reach} AND NOT coalesce({ranked}, FALSE)))"], params


def readable_of(tx: Tx, actor: Actor, account_id: str) -> list[AttemptId]:
    """The attempts of an account that an actor may read, oldest first."""
    wheres, params = readable(actor)
    rows = tx.all(
        "SELECT a.id FROM attempts a JOIN accounts o ON o.id = a.account_id"  # noqa: S608
        f" WHERE a.account_id = :owner AND {wheres[0]} ORDER BY a.created_at, a.id",
        owner=account_id,
        **params,
    )
    return [AttemptId(row["id"]) for row in rows]


def snapshots_naming(tx: Tx, actor: Actor, names: Sequence[str]) -> Iterator[Snapshot]:
    """What those chats were opened with that an actor may read, where one of these ids occurs in it."""
    wheres, params = readable(actor)
    for at in range(0, len(names), NAMES_MAX):
        named = {f"name_{number}": f"%{name}%" for number, name in enumerate(names[at : at + NAMES_MAX])}
        occurs = " OR ".join(f"c.snapshot LIKE :{each}" for each in named)
        rows = tx.all(
            "SELECT DISTINCT c.snapshot FROM attempts a JOIN chats c ON c.attempt_id = a.id"  # noqa: S608
            f" LEFT JOIN accounts o ON o.id = a.account_id WHERE {wheres[0]} AND ({occurs})",
            **params,
            **named,
        )
        yield from (_SNAPSHOT.decode(row["snapshot"]) for row in rows)


def entries_in_use(tx: Tx, entry_ids: Sequence[str]) -> frozenset[str]:
    """Those of these entries of which there is an attempt."""
    found: set[str] = set()
    for at in range(0, len(entry_ids), NAMES_MAX):
        where, params = _among("entry_id", "entry", entry_ids[at : at + NAMES_MAX])
        rows = tx.all(f"SELECT DISTINCT entry_id FROM attempts WHERE {where}", **params)  # noqa: S608
        found.update(row["entry_id"] for row in rows)
    return frozenset(found)


def _in_departments(name: str, department_ids: Sequence[str]) -> tuple[str, dict[str, object]]:
    """Attempts of any of these departments, whose ids stand in a JSON array."""
    params: dict[str, object] = {
        f"{name}_{index}": msgspec.json.encode(each).decode() for index, each in enumerate(department_ids)
    }
    tests = [f"replace(a.department_ids, :{each}, '') <> a.department_ids" for each in params]
    return f"({' OR '.join(tests or ['1 = 0'])})", params


def _filter(filters: Filters, wheres: list[str], params: dict[str, object]) -> None:
    if filters.search:
        like = "LIKE lower(CAST(:search AS TEXT)) ESCAPE '!'"
        wheres.append(f"(lower(a.name) {like} OR lower(o.name) {like})")
        params["search"] = f"%{like_escaped(filters.search)}%"
    if filters.simulation_ids:
        where, more = _among("a.simulation_id", "simulation", filters.simulation_ids)
        wheres.append(where)
        params |= more
    if filters.department_ids:
        where, more = _in_departments("department", filters.department_ids)
        wheres.append(where)
        params |= more
    flags = {"practice": filters.practice, "archived": filters.is_archived, "infinite_mode": filters.infinite_mode}
    for column, wanted in flags.items():
        if wanted is not None:
            wheres.append(f"a.{column} = :{column}")
            params[column] = int(wanted)
    for name, sign, bound in (("from_ms", ">=", filters.created_from), ("until_ms", "<=", filters.created_until)):
        if bound is not None:
            wheres.append(f"a.created_at {sign} :{name}")
            params[name] = bound
