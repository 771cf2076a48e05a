"""SQL over experiments, log entries, and the current experiment of a member."""

from collections.abc import Sequence

from parlour.assistant.experiments.entities import Current, Entry, Experiment, ExperimentId, LogEntryId, folded
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Row, Tx


def insert(tx: Tx, experiment: Experiment) -> bool:
    """Store an experiment; False if its owner has one of that name."""
    return (
        tx.run(
            "INSERT INTO experiments (id, account_id, name, name_folded, description, visibility, created_at)"
            " VALUES (:id, :account_id, :name, :name_folded, :description, :visibility, :created_at)"
            " ON CONFLICT (account_id, name_folded) DO NOTHING",
            id=experiment.id,
            account_id=experiment.account_id,
            name=experiment.name,
            name_folded=folded(experiment.name),
            description=experiment.description,
            visibility=experiment.visibility,
            created_at=experiment.created_at,
        )
        > 0
    )


def experiment(tx: Tx, experiment_id: str) -> Experiment | None:
    row = tx.one("SELECT * FROM experiments WHERE id = :id", id=experiment_id)
    return _experiment(row) if row else None


def own_by_name(tx: Tx, account_id: str, name: str) -> Experiment | None:
    row = tx.one(
        "SELECT * FROM experiments WHERE account_id = :account AND name_folded = :name",
        account=account_id,
        name=folded(name),
    )
    return _experiment(row) if row else None


def open_by_name(tx: Tx, name: str) -> list[Experiment]:
    """Those of all members that the laboratory may read."""
    rows = tx.all(
        "SELECT * FROM experiments WHERE name_folded = :name AND visibility = 'lab' ORDER BY created_at, id LIMIT 100",
        name=folded(name),
    )
    return [_experiment(row) for row in rows]


def own(tx: Tx, account_id: str, limit: int) -> list[Experiment]:
    rows = tx.all(
        "SELECT * FROM experiments WHERE account_id = :account ORDER BY created_at DESC, id DESC LIMIT :limit",
        account=account_id,
        limit=limit,
    )
    return [_experiment(row) for row in rows]


def listed(tx: Tx, account_id: str, *, own: bool, after: Experiment | None, limit: int) -> list[Experiment]:
    """A page of a member's experiments, or of those that others have opened to the laboratory; newest first."""
    whose = "account_id = :account" if own else "account_id <> :account AND visibility = 'lab'"
    rows = tx.all(
        f"SELECT * FROM experiments WHERE {whose}"  # noqa: S608 (one of two texts above)
        " AND (created_at < :at OR (created_at = :at AND id < :id)) ORDER BY created_at DESC, id DESC LIMIT :limit",
        account=account_id,
        at=after.created_at if after else 2**62,
        id=after.id if after else "",
        limit=limit,
    )
    return [_experiment(row) for row in rows]


def entries_before(tx: Tx, experiment_id: str, before: Entry | None, limit: int) -> list[Entry]:
    """A page of a log, newest first, those before an entry of it."""
    rows = tx.all(
        "SELECT * FROM log_entries WHERE experiment_id = :experiment"
        " AND (logged_at < :at OR (logged_at = :at AND id < :id)) ORDER BY logged_at DESC, id DESC LIMIT :limit",
        experiment=experiment_id,
        at=before.logged_at if before else 2**62,
        id=before.id if before else "",
        limit=limit,
    )
    return _entries(tx, rows)


def current(tx: Tx, account_id: str) -> Current | None:
    """The current experiment, if its time has not run out."""
    row = tx.one(
        "SELECT e.*, m.experiment_from, m.experiment_until FROM lab_members m JOIN experiments e"
        " ON e.id = m.experiment_id WHERE m.account_id = :account AND m.experiment_until > :now",
        account=account_id,
        now=tx.now_ms,
    )
    if row is None:
        return None
    return Current(experiment=_experiment(row), since=row["experiment_from"], until=row["experiment_until"])


def set_current(tx: Tx, account_id: str, experiment_id: str, until: int) -> bool:
    return (
        tx.run(
            "UPDATE lab_members SET experiment_id = :experiment, experiment_from = :now, experiment_until = :until"
            " WHERE account_id = :account",
            experiment=experiment_id,
            now=tx.now_ms,
            until=until,
            account=account_id,
        )
        > 0
    )


def insert_entry(tx: Tx, entry: Entry) -> None:
    tx.run(
        "INSERT INTO log_entries (id, experiment_id, author_id, text, logged_at, corrects)"
        " VALUES (:id, :experiment_id, :author_id, :text, :logged_at, :corrects)",
        id=entry.id,
        experiment_id=entry.experiment_id,
        author_id=entry.author_id,
        text=entry.text,
        logged_at=entry.logged_at,
        corrects=entry.corrects,
    )
    tx.many(
        "INSERT INTO log_files (entry_id, upload_id) VALUES (:entry, :upload)",
        [{"entry": entry.id, "upload": each} for each in entry.file_ids],
    )


def entry(tx: Tx, entry_id: str) -> Entry | None:
    row = tx.one("SELECT * FROM log_entries WHERE id = :id", id=entry_id)
    return _entries(tx, [row])[0] if row else None


def last_logged_at(tx: Tx, experiment_id: str) -> int:
    """When the last entry was written; 0 if there is none."""
    row = tx.one("SELECT MAX(logged_at) AS last FROM log_entries WHERE experiment_id = :id", id=experiment_id)
    return row["last"] or 0 if row else 0


def entries(tx: Tx, experiment_id: str, after: tuple[int, str], limit: int) -> list[Entry]:
    """A page of a log, oldest first, those after `(logged_at, id)`."""
    rows = tx.all(
        "SELECT * FROM log_entries WHERE experiment_id = :experiment"
        " AND (logged_at > :at OR (logged_at = :at AND id > :id)) ORDER BY logged_at, id LIMIT :limit",
        experiment=experiment_id,
        at=after[0],
        id=after[1],
        limit=limit,
    )
    return _entries(tx, rows)


def before(tx: Tx, entry: Entry) -> Entry | None:
    """The entry before it in the log."""
    row = tx.one(
        "SELECT * FROM log_entries WHERE experiment_id = :experiment"
        " AND (logged_at < :at OR (logged_at = :at AND id < :id)) ORDER BY logged_at DESC, id DESC LIMIT 1",
        experiment=entry.experiment_id,
        at=entry.logged_at,
        id=entry.id,
    )
    return _entries(tx, [row])[0] if row else None


def corrections(tx: Tx, entry: Entry) -> list[Entry]:
    rows = tx.all(
        "SELECT * FROM log_entries WHERE experiment_id = :experiment AND corrects = :id"
        " ORDER BY logged_at, id LIMIT 20",
        experiment=entry.experiment_id,
        id=entry.id,
    )
    return _entries(tx, rows)


def has_file(tx: Tx, file_id: str) -> bool:
    return tx.one("SELECT 1 AS found FROM log_files WHERE upload_id = :id LIMIT 1", id=file_id) is not None


def _files_of(tx: Tx, rows: Sequence[Row]) -> dict[str, list[str]]:
    """The files of entries of one log, by entry."""
    times = [row["logged_at"] for row in rows]
    found: dict[str, list[str]] = {}
    for row in tx.all(
        "SELECT f.entry_id, f.upload_id FROM log_entries e JOIN log_files f ON f.entry_id = e.id"
        " WHERE e.experiment_id = :experiment AND e.logged_at >= :first AND e.logged_at <= :last"
        " ORDER BY f.entry_id, f.upload_id",
        experiment=rows[0]["experiment_id"],
        first=min(times),
        last=max(times),
    ):
        found.setdefault(row["entry_id"], []).append(row["upload_id"])
    return found


def _entries(tx: Tx, rows: Sequence[Row]) -> list[Entry]:
    files = _files_of(tx, rows) if rows else {}
    return [
        Entry(
            id=LogEntryId(row["id"]),
            experiment_id=ExperimentId(row["experiment_id"]),
            author_id=AccountId(row["author_id"]),
            text=row["text"],
            file_ids=tuple(files.get(row["id"], ())),
            corrects=LogEntryId(row["corrects"]) if row["corrects"] else None,
            logged_at=row["logged_at"],
        )
        for row in rows
    ]


def _experiment(row: Row) -> Experiment:
    return Experiment(
        id=ExperimentId(row["id"]),
        account_id=AccountId(row["account_id"]),
        name=row["name"],
        description=row["description"],
        visibility=row["visibility"],
        created_at=row["created_at"],
    )
