"""SQL over pauses."""

from dataclasses import dataclass

import msgspec

from parlour.kernel.decoding import decoder_of
from parlour.kernel.ids import AccountId, PauseId
from parlour.pauses.entities import Answer, Option, Pause, PauseState, Question
from parlour.storage.tx import Row, Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """The text of a question, as it is stored."""

    text: str
    options: tuple[Option, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Resume:
    """The job that goes on after a pause: its kind, and its body as JSON."""

    kind: str
    body: str


_WORDS = decoder_of(Words)
_ANSWER = decoder_of(Answer)


def _pause(row: Row) -> Pause:
    words = _WORDS.decode(row["question"])
    return Pause(
        id=PauseId(row["id"]),
        account_id=AccountId(row["account_id"]),
        subject=row["subject"],
        kind=row["kind"],
        text=words.text,
        options=words.options,
        state=row["state"],
        answer=_ANSWER.decode(row["answer"]) if row["answer"] else None,
        answered_by=AccountId(row["answered_by"]) if row["answered_by"] else None,
        created_at=row["created_at"],
        deadline_at=row["deadline_at"],
        settled_at=row["settled_at"],
    )


def insert(tx: Tx, pause_id: PauseId, question: Question) -> None:
    words = Words(text=question.text, options=question.options)
    tx.run(
        "INSERT INTO pauses (id, account_id, subject, kind, question, state, resume_kind, resume_body, created_at,"
        " deadline_at) VALUES (:id, :account, :subject, :kind, :question, 'open', :resume_kind, :resume_body, :now,"
        " :deadline)",
        id=pause_id,
        account=question.account_id,
        subject=question.subject,
        kind=question.kind,
        question=msgspec.json.encode(words).decode(),
        resume_kind=question.resume_kind,
        resume_body=msgspec.json.encode(question.resume_body).decode(),
        now=tx.now_ms,
        deadline=question.deadline_at,
    )


def pause(tx: Tx, pause_id: PauseId) -> Pause | None:
    row = tx.one("SELECT * FROM pauses WHERE id = :id", id=pause_id)
    return _pause(row) if row else None


def open_of(tx: Tx, account_id: AccountId) -> list[Pause]:
    rows = tx.all(
        "SELECT * FROM pauses WHERE account_id = :account AND state = 'open' ORDER BY created_at DESC, id DESC",
        account=account_id,
    )
    return [_pause(row) for row in rows]


def settle(
    tx: Tx, pause_id: PauseId, state: PauseState, *, answer: Answer | None = None, by: AccountId | None = None
) -> Resume | None:
    """From `open` to `state`, once: what goes on then; None if the pause was settled before."""
    row = tx.one(
        "UPDATE pauses SET state = :state, answer = :answer, answered_by = :by, settled_at = :now"
        " WHERE id = :id AND state = 'open' RETURNING resume_kind, resume_body",
        id=pause_id,
        state=state,
        answer=msgspec.json.encode(answer).decode() if answer else None,
        by=by,
        now=tx.now_ms,
    )
    return Resume(kind=row["resume_kind"], body=row["resume_body"]) if row else None
