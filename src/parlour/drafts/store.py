"""The rows of `drafts`, `generations` and `generation_messages`."""

from collections.abc import Sequence

import msgspec

from parlour.drafts.entities import (
    Body,
    ChatBody,
    Draft,
    DraftId,
    Failure,
    Order,
    Progress,
    Run,
    RunId,
    RunState,
)
from parlour.drafts.values import ArtifactBody
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.kernel.ids import AccountId, AttemptId
from parlour.storage.tx import Row, Tx

CHAT = "chat"


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _draft(row: Row) -> Draft:
    return Draft(
        id=DraftId(row["id"]),
        artifact_type=row["artifact_type"],
        artifact_id=row["artifact_id"],
        account_id=AccountId(row["account_id"]),
        version=row["version"],
        body=decode(row["body"], ChatBody if row["artifact_type"] == CHAT else ArtifactBody),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        used_at=row["used_at"],
    )


def insert(tx: Tx, draft: Draft) -> None:
    tx.run(
        "INSERT INTO drafts (id, artifact_type, artifact_id, account_id, version, body, created_at, updated_at,"
        " used_at) VALUES (:id, :artifact_type, :artifact_id, :account_id, :version, :body, :now, :now, NULL)",
        id=draft.id,
        artifact_type=draft.artifact_type,
        artifact_id=draft.artifact_id,
        account_id=draft.account_id,
        version=draft.version,
        body=_json(draft.body),
        now=draft.created_at,
    )


def draft(tx: Tx, draft_id: str, *, lock: bool = False) -> Draft | None:
    row = tx.one(f"SELECT * FROM drafts WHERE id = :id{' FOR UPDATE' if lock else ''}", id=draft_id)  # noqa: S608
    return _draft(row) if row else None


def write(tx: Tx, draft_id: DraftId, body: Body) -> None:
    """Store what a draft holds; its version goes up by one."""
    tx.run(
        "UPDATE drafts SET body = :body, version = version + 1, updated_at = :now WHERE id = :id",
        id=draft_id,
        body=_json(body),
        now=tx.now_ms,
    )


def set_artifact(tx: Tx, draft_id: DraftId, artifact_id: str) -> None:
    """A draft of something new is about that artifact from now on."""
    tx.run("UPDATE drafts SET artifact_id = :artifact WHERE id = :id", id=draft_id, artifact=artifact_id)


def mark_used(tx: Tx, draft_id: DraftId) -> None:
    tx.run("UPDATE drafts SET used_at = :now WHERE id = :id", id=draft_id, now=tx.now_ms)


def delete(tx: Tx, draft_id: DraftId) -> None:
    tx.run("DELETE FROM drafts WHERE id = :id", id=draft_id)
    tx.run("DELETE FROM draft_editors WHERE draft_id = :id", id=draft_id)


def set_editors(tx: Tx, draft_id: DraftId, account_ids: Sequence[AccountId]) -> None:
    """Note down who may write into a draft besides its owner, so that their drafts can be listed."""
    tx.run("DELETE FROM draft_editors WHERE draft_id = :id", id=draft_id)
    rows: Sequence[dict[str, object]] = [{"id": draft_id, "account": each} for each in account_ids]
    tx.many("INSERT INTO draft_editors (draft_id, account_id) VALUES (:id, :account)", rows)


def drafts_edited_by(tx: Tx, account_id: AccountId) -> list[Draft]:
    """The unpublished drafts of others that an account may write into, the newest first."""
    rows = tx.all(
        "SELECT d.* FROM draft_editors e JOIN drafts d ON d.id = e.draft_id WHERE e.account_id = :id"
        " AND d.used_at IS NULL ORDER BY d.updated_at DESC, d.id",
        id=account_id,
    )
    return [_draft(row) for row in rows]


def drafts_naming(tx: Tx, text: str) -> list[Draft]:
    """The drafts of artifacts, published ones too, in which an id occurs; locked."""
    rows = tx.all(
        "SELECT * FROM drafts WHERE artifact_type <> 'chat' AND body LIKE :text ORDER BY id FOR UPDATE",
        text=f"%{text}%",
    )
    return [_draft(row) for row in rows]


def forget_checks(tx: Tx, draft_id: DraftId) -> None:
    """Delete what tests of a draft found: their trials may repeat the words of its sources."""
    tx.run("DELETE FROM content_checks WHERE subject_id = :id", id=draft_id)


def rewrite(tx: Tx, draft_id: DraftId, body: Body) -> None:
    """Store what a draft holds without a word of something that is gone; its version stays."""
    tx.run("UPDATE drafts SET body = :body WHERE id = :id", id=draft_id, body=_json(body))


def delete_of_attempt(tx: Tx, attempt_id: AttemptId) -> None:
    tx.run("DELETE FROM drafts WHERE id IN (SELECT draft_id FROM generations WHERE attempt_id = :id)", id=attempt_id)
    tx.run(
        "DELETE FROM generation_messages WHERE run_id IN (SELECT id FROM generations WHERE attempt_id = :id)",
        id=attempt_id,
    )
    tx.run("DELETE FROM generations WHERE attempt_id = :id", id=attempt_id)


def unused_of(tx: Tx, account_id: AccountId, *, chats: bool) -> int:
    """How many drafts of an account, of chats or of artifacts, have not been used."""
    row = tx.one(
        "SELECT count(*) AS found FROM drafts WHERE account_id = :id AND used_at IS NULL"
        " AND (CASE WHEN artifact_type = 'chat' THEN 1 ELSE 0 END) = :chats",
        id=account_id,
        chats=int(chats),
    )
    return row["found"] if row else 0


def drafts_of(tx: Tx, account_id: AccountId) -> list[Draft]:
    """The drafts of artifacts that an account owns and has not published, the newest first."""
    rows = tx.all(
        "SELECT * FROM drafts WHERE account_id = :id AND artifact_type <> 'chat' AND used_at IS NULL"
        " ORDER BY updated_at DESC, id",
        id=account_id,
    )
    return [_draft(row) for row in rows]


def waiting_for_review(tx: Tx) -> list[Draft]:
    """The unpublished drafts of artifacts that a second person is asked to look at."""
    rows = tx.all(
        "SELECT * FROM drafts WHERE artifact_type <> 'chat' AND used_at IS NULL AND body LIKE :asked ORDER BY id",
        asked='%"review":{%',
    )
    return [_draft(row) for row in rows]


@dataclass(frozen=True, kw_only=True, slots=True)
class Then:
    """The job that the end of a run enqueues; `body` is JSON."""

    kind: str
    body: str


def insert_run(tx: Tx, run: Run, then: Then | None) -> None:
    tx.run(
        "INSERT INTO generations (id, group_id, account_id, attempt_id, draft_id, artifact_type, state, request,"
        " progress, error, then_kind, then_body, created_at, ended_at) VALUES (:id, :group_id, :account_id,"
        " :attempt_id, :draft_id, :artifact_type, :state, :request, :progress, NULL, :then_kind, :then_body, :now,"
        " NULL)",
        id=run.id,
        group_id=run.group_id,
        account_id=run.account_id,
        attempt_id=run.order.attempt_id,
        draft_id=run.draft_id,
        artifact_type=run.artifact_type,
        state=run.state,
        request=_json(run.order),
        progress=_json(run.progress),
        then_kind=then.kind if then else None,
        then_body=then.body if then else None,
        now=tx.now_ms,
    )


def run(tx: Tx, run_id: str, *, lock: bool = False) -> Run | None:
    row = tx.one(f"SELECT * FROM generations WHERE id = :id{' FOR UPDATE' if lock else ''}", id=run_id)  # noqa: S608
    return _run(row) if row else None


def _run(row: Row) -> Run:
    return Run(
        id=RunId(row["id"]),
        group_id=row["group_id"],
        account_id=AccountId(row["account_id"]),
        draft_id=DraftId(row["draft_id"]),
        artifact_type=row["artifact_type"],
        state=row["state"],
        order=decode(row["request"], Order),
        progress=decode(row["progress"], Progress),
        error=decode(row["error"], Failure) if row["error"] else None,
        created_at=row["created_at"],
    )


def runs_of_draft(tx: Tx, draft_id: str) -> list[Run]:
    """The runs that wrote or write into a draft, the newest first."""
    rows = tx.all("SELECT * FROM generations WHERE draft_id = :id ORDER BY created_at DESC, id DESC", id=draft_id)
    return [_run(row) for row in rows]


def running_of(tx: Tx, account_id: AccountId) -> int:
    """How many runs of an account are at work."""
    row = tx.one(
        "SELECT count(*) AS found FROM generations WHERE account_id = :id AND state = 'running'", id=account_id
    )
    return row["found"] if row else 0


def prepared_of(tx: Tx, account_id: AccountId) -> int:
    """How many runs of an account wait to be started."""
    row = tx.one(
        "SELECT count(*) AS found FROM generations WHERE account_id = :id AND state = 'prepared'", id=account_id
    )
    return row["found"] if row else 0


def group_owner(tx: Tx, group_id: str) -> AccountId | None:
    """Whose group of runs this is; None if it is none."""
    row = tx.one("SELECT account_id FROM generations WHERE group_id = :id LIMIT 1", id=group_id)
    return AccountId(row["account_id"]) if row else None


def start_prepared(tx: Tx, run: Run, then: "Then | None") -> None:
    """A prepared run becomes this one."""
    tx.run(
        "UPDATE generations SET draft_id = :draft_id, artifact_type = :artifact_type, state = :state,"
        " attempt_id = :attempt_id, request = :request, group_id = :group_id, then_kind = :then_kind,"
        " then_body = :then_body WHERE id = :id",
        id=run.id,
        draft_id=run.draft_id,
        artifact_type=run.artifact_type,
        state=run.state,
        attempt_id=run.order.attempt_id,
        request=_json(run.order),
        group_id=run.group_id,
        then_kind=then.kind if then else None,
        then_body=then.body if then else None,
    )


def set_order(tx: Tx, run_id: RunId, order: Order) -> None:
    tx.run("UPDATE generations SET request = :request WHERE id = :id", id=run_id, request=_json(order))


def say(tx: Tx, run: Run, role: str, content: str) -> None:
    """Keep a message of a run; later runs of its group read it."""
    tx.run(
        "INSERT INTO generation_messages (id, group_id, run_id, role, content, created_at)"
        " VALUES (:id, :group_id, :run_id, :role, :content, :now)",
        id=tx.new_id(),
        group_id=run.group_id,
        run_id=run.id,
        role=role,
        content=content,
        now=tx.now_ms,
    )


def said_in(tx: Tx, group_id: str, most: int) -> list[Row]:
    """The newest messages of a group, in order: `run_id`, `role`, `content`, `created_at`."""
    rows = tx.all(
        "SELECT run_id, role, content, created_at FROM generation_messages WHERE group_id = :id"
        " ORDER BY created_at DESC, id DESC LIMIT :most",
        id=group_id,
        most=most,
    )
    return rows[::-1]


def set_progress(tx: Tx, run_id: RunId, progress: Progress) -> None:
    tx.run("UPDATE generations SET progress = :progress WHERE id = :id", id=run_id, progress=_json(progress))


def end_run(tx: Tx, run_id: RunId, state: RunState, error: Failure | None) -> Then | None:
    """End a run; the job that is to follow, if one is."""
    row = tx.one(
        "UPDATE generations SET state = :state, error = :error, ended_at = :now WHERE id = :id AND state = 'running'"
        " RETURNING then_kind, then_body",
        id=run_id,
        state=state,
        error=_json(error) if error else None,
        now=tx.now_ms,
    )
    return Then(kind=row["then_kind"], body=row["then_body"]) if row and row["then_kind"] else None


def open_drafts(tx: Tx, account_id: AccountId) -> dict[str, DraftId]:
    """For each artifact the newest unpublished draft about it into which an account may write."""
    rows = tx.all(
        "SELECT d.id, d.artifact_id FROM drafts d WHERE d.artifact_id IS NOT NULL AND d.artifact_type <> 'chat'"
        " AND d.used_at IS NULL AND (d.account_id = :id OR EXISTS"
        " (SELECT 1 FROM draft_editors e WHERE e.draft_id = d.id AND e.account_id = :id)) ORDER BY d.updated_at, d.id",
        id=account_id,
    )
    return {row["artifact_id"]: DraftId(row["id"]) for row in rows}
