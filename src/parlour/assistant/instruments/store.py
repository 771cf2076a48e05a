"""SQL over instruments, their documents and super-users."""

import json

from parlour.assistant.experiments.entities import folded
from parlour.assistant.instruments.entities import Instrument, InstrumentId
from parlour.kernel.decoding import decode
from parlour.storage.tx import Row, Tx


def put(tx: Tx, instrument: Instrument) -> InstrumentId:
    """Store an instrument, or change the one of that name; its id."""
    row = tx.one(
        "INSERT INTO instruments (id, name, name_folded, aliases, description, location, mcp_server, created_at)"
        " VALUES (:id, :name, :name_folded, :aliases, :description, :location, :mcp_server, :created_at)"
        " ON CONFLICT (name_folded) DO UPDATE SET name = excluded.name, aliases = excluded.aliases,"
        " description = excluded.description, location = excluded.location, mcp_server = excluded.mcp_server"
        " RETURNING id",
        id=instrument.id,
        name=instrument.name,
        name_folded=folded(instrument.name),
        aliases=json.dumps(instrument.aliases, ensure_ascii=False),
        description=instrument.description,
        location=instrument.location,
        mcp_server=instrument.mcp_server,
        created_at=instrument.created_at,
    )
    kept = InstrumentId(row["id"]) if row else instrument.id
    tx.run("DELETE FROM instrument_files WHERE instrument_id = :id", id=kept)
    tx.run("DELETE FROM instrument_super_users WHERE instrument_id = :id", id=kept)
    tx.many(
        "INSERT INTO instrument_files (instrument_id, upload_id) VALUES (:id, :file)",
        [{"id": kept, "file": each} for each in instrument.file_ids],
    )
    tx.many(
        "INSERT INTO instrument_super_users (instrument_id, user_id) VALUES (:id, :user)",
        [{"id": kept, "user": each} for each in instrument.super_users],
    )
    return kept


def everything(tx: Tx) -> list[Instrument]:
    """All instruments by name."""
    return [_instrument(tx, row) for row in tx.all("SELECT * FROM instruments ORDER BY name_folded")]


def instrument(tx: Tx, instrument_id: str) -> Instrument | None:
    row = tx.one("SELECT * FROM instruments WHERE id = :id", id=instrument_id)
    return _instrument(tx, row) if row else None


def by_file(tx: Tx, file_id: str) -> Instrument | None:
    """The instrument that a document is about, the first by name."""
    row = tx.one(
        "SELECT i.* FROM instruments i JOIN instrument_files f ON f.instrument_id = i.id WHERE f.upload_id = :id"
        " ORDER BY i.name_folded LIMIT 1",
        id=file_id,
    )
    return _instrument(tx, row) if row else None


def _instrument(tx: Tx, row: Row) -> Instrument:
    key = row["id"]
    files = tx.all("SELECT upload_id FROM instrument_files WHERE instrument_id = :id ORDER BY upload_id", id=key)
    people = tx.all("SELECT user_id FROM instrument_super_users WHERE instrument_id = :id ORDER BY user_id", id=key)
    return Instrument(
        id=InstrumentId(key),
        name=row["name"],
        aliases=tuple(decode(row["aliases"], list[str])),
        description=row["description"],
        location=row["location"],
        mcp_server=row["mcp_server"],
        super_users=tuple(each["user_id"] for each in people),
        file_ids=tuple(each["upload_id"] for each in files),
        created_at=row["created_at"],
    )
