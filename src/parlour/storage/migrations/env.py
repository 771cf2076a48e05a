"""How Alembic reaches the store. On PostgreSQL a lock lets one process migrate at a time."""

from alembic import context
from sqlalchemy import create_engine, pool, text

from parlour.storage.schema import metadata

_LOCK = 7_263_541


def run() -> None:
    """Run the requested migrations in one transaction."""
    engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool)
    with engine.connect() as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        context.configure(connection=connection, target_metadata=metadata, render_as_batch=False)
        context.run_migrations()
    engine.dispose()


run()
