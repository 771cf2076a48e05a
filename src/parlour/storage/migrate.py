"""Migrations with Alembic, run in-process when a server opens its database."""

from pathlib import Path

from alembic import command
from alembic.config import Config

_HERE = Path(__file__).parent / "migrations"


def migrate(url: str) -> None:
    """Upgrade the store at `url` to the newest revision."""
    command.upgrade(alembic_config(url), "head")


def alembic_config(url: str) -> Config:
    """Alembic's settings for the store at `url`."""
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.attributes["url"] = url.replace("postgresql://", "postgresql+psycopg://", 1)
    return config
