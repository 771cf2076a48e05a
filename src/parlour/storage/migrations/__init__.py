"""Alembic's folder: `env.py` connects, `versions/` holds one file a change of the tables."""
