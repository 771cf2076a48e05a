"""A site: one store with people and the sample pack, and the server processes that run on it."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.accounts.passwords import hash_password
from parlour.catalog import actions as catalog
from parlour.catalog.bundles import load_bundle
from parlour.catalog.publishing import keep_files, publish
from parlour.kernel.actor import Role
from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import TimeOrderedIds
from parlour.storage.blobs.folder import FolderBlobs
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from tests.harness.forks import ROOT, Forked, forks

PACK = ROOT / "content" / "teaching-practice"
PASSWORD = "correct horse battery"
PEOPLE: Mapping[str, Role] = {
    "learner": "member",
    "fellow": "member",
    "instructor": "instructional",
    "outsider": "instructional",
    "admin": "admin",
    "root": "superadmin",
}


@dataclass
class Process:
    """One running server process."""

    popen: "subprocess.Popen[str] | Forked"
    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        self.popen.send_signal(signal.SIGKILL)
        self.popen.wait(60)

    def stop(self) -> int:
        """SIGTERM, and how it ended."""
        self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(60)

    def log_text(self) -> str:
        return self.log.read_text()


@dataclass
class Site:
    """A seeded store. `tokens` and `ids` are by user id; `homes` and `practices` by name."""

    folder: Path
    url: str
    tokens: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    practices: dict[str, str] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)

    def database(self) -> Database:
        clock = SystemClock()
        return Database(self.url, clock, TimeOrderedIds(clock))

    def write(self, action):
        """Run one action on the store, beside the servers."""
        return self.database().write_here(action)

    def seed(self) -> "Site":
        """People of every role and the sample pack."""
        self.folder.mkdir(parents=True, exist_ok=True)
        database = self.database()
        database.migrate()
        hashed = hash_password(PASSWORD)
        bundle = load_bundle(PACK)
        keep_files(bundle, FolderBlobs(self.folder / "data" / "files"))

        def fill(tx: Tx) -> None:
            department = accounts.create_department(tx, "Teaching centre")
            for user_id, role in PEOPLE.items():
                made = accounts.create_account(
                    tx, NewAccount(user_id=user_id, name=user_id.title(), role=role, password_hash=hashed)
                )
                self.ids[user_id] = made.account_id
                if user_id != "outsider":
                    accounts.set_account_departments(tx, made.account_id, [department.department_id])
                self.tokens[user_id] = accounts.issue_session(tx, made.account_id, "session", "test", 86_400)
            publish(tx, bundle)
            for entry in catalog.all_entries(tx, "home"):
                self.homes[entry.name] = entry.id
            for entry in catalog.all_entries(tx, "practice"):
                self.practices[entry.name] = entry.id

        database.write_here(fill)
        return self

    def copy(self, folder: Path, url: str) -> "Site":
        """The site whose store is a copy of this one's."""
        return Site(folder, url, dict(self.tokens), dict(self.ids), dict(self.homes), dict(self.practices))

    def token(self, user_id: str, label: str = "more") -> str:
        """A further session of an account."""
        return self.write(lambda tx: accounts.issue_session(tx, self.ids[user_id], "session", label, 86_400))

    def start(self, *, port: int = 0, only: str | None = None, **settings: object) -> Process:
        """Start a server on this store and wait until it accepts connections."""
        log = self.folder / f"server-{len(self.processes)}.log"
        given = {"DATA": self.folder / "data", "DATABASE_URL": self.url, "PORT": port} | {
            name.upper(): value for name, value in settings.items()
        }
        given.setdefault("SCRIPTED_PIECES_PER_SECOND", 0)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PARLOUR_")}
        environment |= {f"PARLOUR_{key}": str(value) for key, value in given.items()}
        popen = forks().start(only, environment, log)
        line = popen.stdout.readline()
        assert line, log.read_text()
        process = Process(popen, json.loads(line)["port"], log)
        self.processes.append(process)
        return process

    def lapse_leases(self) -> None:
        """What a killed server had begun is free at once, and not when its leases run out (15 s)."""
        self.write(lambda tx: tx.run("UPDATE jobs SET lease_until = 1 WHERE state = 'running'"))

    def close(self) -> None:
        for process in self.processes:
            if process.popen.poll() is None:
                process.stop()
            if process.popen.stdout:
                process.popen.stdout.close()


def until(condition, seconds: float = 60.0, every: float = 0.02):
    """Wait for a condition; what it returned, or an error when the time is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(every)
    raise AssertionError("it did not happen in time")
