"""The tables, declared for Alembic (see `migrations/`). One physical model for every wire.

Instants are BIGINT milliseconds, booleans INTEGER 0/1, JSON is TEXT, so that a row reads the
same from SQLite and from PostgreSQL. Read next: `spine.py`, `practice.py`, `laboratory.py`, `testing.py`,
`voice.py`.
"""

from parlour.storage.schema import laboratory, practice, spine, testing, voice
from parlour.storage.schema.columns import metadata

__all__ = ["laboratory", "metadata", "practice", "spine", "testing", "voice"]
