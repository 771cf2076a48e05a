"""SQL over usage: what requests to models cost."""

from collections.abc import Sequence

from parlour.kernel.ids import AccountId
from parlour.storage.tx import Row, Tx
from parlour.turns.entities import Grouping, UsageRow, UsageSum

_KEYS: dict[Grouping, str] = {
    "day": "at / 86400000",
    "model": "model",
    "task": "task",
    "person": "account_id",
}


def _row(row: Row) -> UsageRow:
    return UsageRow(
        id=row["id"],
        account_id=AccountId(row["account_id"]),
        attempt_id=row["attempt_id"],
        chat_id=row["chat_id"],
        subject_id=row["subject_id"],
        task=row["task"],
        model=row["model"],
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        estimated=bool(row["estimated"]),
        milliseconds=row["milliseconds"],
        cost_micros=row["cost_micros"],
        currency=row["currency"],
        at=row["at"],
        test_id=row["test_id"],
    )


def insert_usage(tx: Tx, used: UsageRow) -> None:
    tx.run(
        "INSERT INTO usage_rows (id, account_id, attempt_id, chat_id, subject_id, task, model, input_tokens,"
        " output_tokens, estimated, milliseconds, cost_micros, currency, at, test_id)"
        " VALUES (:id, :account_id, :attempt_id, :chat_id, :subject_id, :task, :model, :input_tokens,"
        " :output_tokens, :estimated, :milliseconds, :cost_micros, :currency, :at, :test_id)",
        id=used.id,
        account_id=used.account_id,
        attempt_id=used.attempt_id,
        chat_id=used.chat_id,
        subject_id=used.subject_id,
        task=used.task,
        model=used.model,
        input_tokens=used.input_tokens,
        output_tokens=used.output_tokens,
        estimated=int(used.estimated),
        milliseconds=used.milliseconds,
        cost_micros=used.cost_micros,
        currency=used.currency,
        at=used.at,
        test_id=used.test_id,
    )


def usage_of_attempt(tx: Tx, attempt_id: str) -> list[UsageRow]:
    rows = tx.all("SELECT * FROM usage_rows WHERE attempt_id = :id ORDER BY at, id", id=attempt_id)
    return [_row(row) for row in rows]


def usage_sums(tx: Tx, group: Grouping, conditions: Sequence[str], params: dict[str, object]) -> list[UsageSum]:
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = tx.all(
        f"SELECT {_KEYS[group]} AS key, currency, count(*) AS requests, sum(input_tokens) AS input_tokens,"  # noqa: S608
        " sum(output_tokens) AS output_tokens, sum(estimated) AS estimated, sum(milliseconds) AS milliseconds,"
        f" CAST(sum(cost_micros) AS BIGINT) AS cost_micros FROM usage_rows{where} GROUP BY 1, 2",
        **params,
    )
    return [
        UsageSum(
            key=str(row["key"]),
            requests=row["requests"],
            input_tokens=int(row["input_tokens"]),
            output_tokens=int(row["output_tokens"]),
            estimated=int(row["estimated"]),
            milliseconds=int(row["milliseconds"]),
            cost_micros=row["cost_micros"],
            currency=row["currency"],
        )
        for row in rows
    ]
