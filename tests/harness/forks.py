"""Servers for a fraction of a start: one process imports everything once, then forks a server an order.

A start from nothing costs almost two seconds of a processor, most of it imports, and the tests start hundreds of
servers. What is forked is `tests.harness.program` in a process of its own, which a test signals and kills
like any other. Commands are run so too: with `Forks.run`, or by a shell that finds the script `Forks.command`.
How `parlour serve` itself starts and ends is tested with the real command, in `tests/unit/test_cli*` and
`tests/promises/test_shutdown.py`.
`python -m tests.harness.forks` is the process, `Forks` its other end.
"""

import contextlib
import faulthandler
import functools
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any, NoReturn, TextIO

from tests.harness.warm import put_one_together, share_validators

ROOT = Path(__file__).parents[2]
IMPORTED = (
    *("psycopg", "uvloop", "uvicorn.lifespan.on", "uvicorn.protocols.websockets.websockets_sansio_impl"),
    *("fastapi.telemetry._runtime", "parlour.app", "parlour.cli", "parlour.wire.http.logs"),
    *("parlour.providers.models.scripted.grader", "tests.harness.program"),
)
ORDER_BYTES_MAX = 1 << 20
NUMBER_BYTES = 16
KNOCK = Path(__file__).with_name("knock.py")
GONE = -signal.SIGKILL


class Forked:
    """A forked server, with what the tests use of a `subprocess.Popen`."""

    def __init__(self, pid: int, stdout: TextIO, ended: int) -> None:
        self.pid = pid
        self.stdout = stdout
        self.returncode: int | None = None
        self._ended = ended

    def poll(self) -> int | None:
        """How it ended, if it has."""
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        """How it ended, once it has. Raises `subprocess.TimeoutExpired`."""
        code = self._look(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("a forked server", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Signal it, if it is still there."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def _look(self, seconds: float | None) -> int | None:
        if self.returncode is None:
            ready = select.poll()
            ready.register(self._ended, select.POLLIN)
            if ready.poll(None if seconds is None else seconds * 1000):
                self.returncode = int(os.read(self._ended, NUMBER_BYTES) or GONE)
                os.close(self._ended)
        return self.returncode


class Forks:
    """The process that forks servers; it ends, and they with it, when this process does."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._one = threading.Lock()
        self._folder = TemporaryDirectory()
        self._door = f"{self._folder.name}/door"
        with theirs, socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
            door.bind(self._door)
            door.listen()
            handles = [theirs.fileno(), door.fileno()]
            command = [sys.executable, "-m", "tests.harness.forks", *map(str, handles)]
            self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, pass_fds=handles)

    def start(self, only: str | None, environment: Mapping[str, str], log: Path, also: tuple[str, ...] = ()) -> Forked:
        """Start a server; what it prints comes from `stdout`. `also`: modules to import once for all."""
        order = {"only": only, "environment": dict(environment), "also": also}
        said, stdout = os.pipe()
        with log.open("w") as stderr:
            pid, code = self._order(order, stdout, stderr.fileno())
            os.close(stdout)
        return Forked(pid, os.fdopen(said), code)

    def run(
        self, words: Sequence[str], given: str, environment: Mapping[str, str], seconds: float
    ) -> subprocess.CompletedProcess[str]:
        """Run the command `parlour` to its end with these words, and `given` to read."""
        order = {"words": list(words), "environment": dict(environment), "also": ()}
        with TemporaryFile("w+") as stdin, TemporaryFile("w+") as stdout, TemporaryFile("w+") as stderr:
            stdin.write(given)
            stdin.seek(0)
            pid, ended = self._order(order, stdout.fileno(), stderr.fileno(), stdin.fileno())
            code = Forked(pid, stdout, ended).wait(seconds)
            stdout.seek(0)
            stderr.seek(0)
            return subprocess.CompletedProcess(list(words), code, stdout.read(), stderr.read())

    def command(self) -> str:
        """A script that is the command `parlour` to a shell: with its streams, folder, variables, signals and code."""
        return f'#!/bin/sh\nexec "{sys.executable}" -IS "{KNOCK}" "{self._door}" "$@"\n'

    def _order(self, order: Mapping[str, object], *handles: int) -> tuple[int, int]:
        """The process that was forked, and where it will be said how it ended."""
        code, ended = os.pipe()
        with self._one:
            socket.send_fds(self._socket, [json.dumps(order).encode()], [ended, *handles])
            os.close(ended)
            return int(self._socket.recv(NUMBER_BYTES)), code


@functools.cache
def forks() -> Forks:
    """The one of this process."""
    return Forks()


class _Nest:
    """The other end: the children by their handle, each with where to say how it ended."""

    def __init__(self, orders: socket.socket, door: socket.socket) -> None:
        self._orders = orders
        self._door = door
        self._children: dict[int, tuple[int, int]] = {}

    def work(self) -> None:
        """Fork until nobody is there to order any more."""
        while True:
            ready, _, _ = select.select([self._orders, self._door, *self._children], [], [])
            for handle in self._children.keys() & ready:
                self._reap(handle)
            if self._door in ready:
                self._open()
            if self._orders in ready and not self._order():
                break
        for pid, _ in self._children.values():
            os.kill(pid, signal.SIGKILL)

    def _reap(self, handle: int) -> None:
        pid, ended = self._children.pop(handle)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if code not in (0, GONE, -signal.SIGTERM):
            sys.stderr.write(f"server {pid} ended with {code}\n")
        with contextlib.suppress(BrokenPipeError):
            os.write(ended, str(code).encode())
        os.close(ended)
        os.close(handle)

    def _order(self) -> bool:
        order, given, _, _ = socket.recv_fds(self._orders, ORDER_BYTES_MAX, 4)
        if order:
            ended, *handles = given
            self._orders.send(self._fork(json.loads(order), ended, handles))
        return bool(order)

    def _open(self) -> None:
        """Somebody knocked: the connection is where it will be said how the command ended."""
        knocking, _ = self._door.accept()
        order, handles, _, _ = socket.recv_fds(knocking, ORDER_BYTES_MAX, 3)
        if not order:
            return
        pid = self._fork(json.loads(order), knocking.fileno(), handles)
        with contextlib.suppress(BrokenPipeError):
            knocking.send(pid)
        knocking.detach()

    def _fork(self, order: Mapping[str, Any], ended: int, handles: Sequence[int]) -> bytes:
        for name in order["also"]:
            importlib.import_module(name)
        pid = os.fork()
        if pid == 0:
            self._leave(ended)
            _become(order, *handles)
        for handle in handles:
            os.close(handle)
        self._children[os.pidfd_open(pid)] = (pid, ended)
        return str(pid).encode()

    def _leave(self, ended: int) -> None:
        """In the child: have nothing of the parent's."""
        self._orders.close()
        self._door.close()
        os.close(ended)
        for handle, (_, other) in self._children.items():
            os.close(handle)
            os.close(other)


def _become(order: Mapping[str, Any], stdout: int, stderr: int, *stdin: int) -> NoReturn:
    """In the child: be a server, or a command if there are words of one."""
    code = 1
    try:
        for number, given in ((1, stdout), (2, stderr), *((0, each) for each in stdin)):
            os.dup2(given, number)
            os.close(given)
        os.environ.clear()
        os.environ.update(order["environment"])
        os.chdir(order.get("folder", ROOT))
        faulthandler.enable()
        code = _command(order["words"]) if "words" in order else _serve(order["only"])
    except BaseException:  # noqa: BLE001 (whatever it is, it is written down and this process ends)
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _serve(only: Any) -> int:
    import uvloop

    from parlour.wire.http.logs import configure_logging
    from tests.harness.program import main

    configure_logging("info")
    uvloop.run(main(only))
    return 0


def _command(words: Sequence[str]) -> int:
    from parlour.cli import main

    sys.argv = ["parlour", *words]
    try:
        main()
    except SystemExit as ended:
        if isinstance(ended.code, str):
            sys.stderr.write(f"{ended.code}\n")
            return 1
        return ended.code or 0
    return 0


if __name__ == "__main__":
    for module in IMPORTED:
        importlib.import_module(module)
    share_validators()
    put_one_together()
    gc.collect()
    gc.freeze()  # a server's collector has not to look at what is imported here
    _Nest(*(socket.socket(fileno=int(number)) for number in sys.argv[1:])).work()
