"""How `parlour test` runs a test: with a worker of its own, or beside the server that holds the data folder."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

import typer

from parlour.cli.commands import Problem, counted
from parlour.cli.opening import make_data, opened
from parlour.cli.serve import load_libraries
from parlour.kernel.dataclass import dataclass

if TYPE_CHECKING:
    from rich.console import Console

    from parlour.accounts.entities import Account
    from parlour.benchmarks.entities import Test
    from parlour.benchmarks.results.data import Data
    from parlour.benchmarks.results.estimate import Material
    from parlour.benchmarks.results.list_shapes import CellShown
    from parlour.benchmarks.results.listing import Standing
    from parlour.benchmarks.results.shapes import Results
    from parlour.benchmarks.running.rules import RunRules
    from parlour.benchmarks.running.starting import Started, Starting
    from parlour.catalog.benchmarks import Benchmark
    from parlour.kernel.actor import Actor
    from parlour.settings import Settings
    from parlour.storage.database import Database
    from parlour.storage.tx import Tx
    from parlour.wire.rest.testing.bodies import TestValues

T = TypeVar("T")
LOOK_SECONDS = 0.2
SAMPLE = "Supportive conversation check"


class House(Protocol):
    """A store in which tests can be started, and somebody who does the work."""

    @property
    def alone(self) -> bool:
        """Whether this process does the work, so that it must stay until it is done."""
        ...

    @property
    def rules(self) -> "RunRules":
        """What the deployment decides about tests."""
        ...

    async def write(self, action: "Callable[[Tx], T]") -> T:
        """Run an action in a transaction."""
        ...

    async def read(self, action: "Callable[[Tx], T]") -> T:
        """Run an action on a snapshot."""
        ...


@dataclass(frozen=True, kw_only=True)
class Own:
    """This process is the server, without a port."""

    database: "Database"
    rules: "RunRules"
    alone: bool = True

    async def write(self, action: "Callable[[Tx], T]") -> T:
        """Run an action in a transaction."""
        return await self.database.write(action)

    async def read(self, action: "Callable[[Tx], T]") -> T:
        """Run an action on a snapshot."""
        return await self.database.read(action)


@dataclass(frozen=True, kw_only=True)
class Beside:
    """A server holds the data folder and does the work; this process only looks."""

    database: "Database"
    rules: "RunRules"
    alone: bool = False

    async def write(self, action: "Callable[[Tx], T]") -> T:
        """Run an action in a transaction."""
        return self.database.write_here(action)

    async def read(self, action: "Callable[[Tx], T]") -> T:
        """Run an action on a snapshot."""
        return self.database.read_here(action)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A test that is to be run. `values` makes what is otherwise than in the benchmark, in an open transaction."""

    benchmark: str
    values: "Callable[[Tx, str], TestValues]"
    by: str | None = None
    only_estimate: bool = False
    sample: bool = False
    wait: bool = True
    quiet: bool = False


@dataclass(frozen=True, kw_only=True)
class Going:
    """A test that is to go on; without `bounds` those of before hold."""

    test_id: str
    by: str | None
    bounds: "dict[str, object]"
    wait: bool


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What there is when nothing happens any more."""

    results: "Results"
    cells: "Sequence[CellShown]"


async def run_whole(settings: "Settings", asked: Asked) -> Ended | None:
    """Estimate, start, and follow a test to its end; None if it is only estimated, or goes on without us."""
    if asked.sample:
        settings = await _with_sample(settings)
    async with house(settings) as at:
        judge = settings.grader_model or settings.model
        known = await at.read(lambda tx: _material(tx, asked, at.rules, judge))
        _say_estimate(known, quiet=asked.quiet and not asked.only_estimate)
        if asked.only_estimate:
            return None
        started = await at.write(lambda tx: _start(tx, asked, at.rules))
        candidates, replays = counted(started.num_invocations, "candidate"), counted(started.total_runs, "replay")
        _say(f"Test {started.test_id} has {candidates} with {replays} each.")
        return await _to_its_end(at, started.test_id, by=asked.by, wait=asked.wait)


async def carry_on(settings: "Settings", going: Going) -> Ended | None:
    """Let a test go on and follow it to its end."""
    async with house(settings) as at:
        await at.write(lambda tx: _resume(tx, going, at.rules))
        return await _to_its_end(at, going.test_id, by=going.by, wait=going.wait)


@asynccontextmanager
async def house(settings: "Settings") -> AsyncGenerator[House]:
    """Whoever does the work of tests here: this process, unless a server on SQLite does it already."""
    from parlour.storage.condition import sqlite_file

    if sqlite_file(settings.url) and _is_held(settings):
        from parlour.testing import rules_of

        yield Beside(database=opened(settings), rules=rules_of(settings))
        return
    load_libraries()
    from parlour.app import Parlour
    from parlour.providers.models.scripted.played import PlayedFileError
    from parlour.wire.http.logs import configure_logging

    configure_logging("error")
    try:
        parlour = Parlour(settings, only="worker")
    except PlayedFileError as error:
        raise Problem(str(error)) from None
    await parlour.start()
    try:
        yield Own(database=parlour.database, rules=parlour.testing.rules)
    finally:
        await parlour.stop()


async def followed(house: House, test_id: str, console: "Console") -> bool:
    """Show how a test goes on until nothing happens in it any more; False if SIGINT or SIGTERM came before."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    try:
        return await _shown(house, test_id, console, asked)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def _to_its_end(at: House, test_id: str, *, by: str | None, wait: bool) -> Ended | None:
    """Follow a test; a signal stops it. Then read what there is."""
    from rich.console import Console

    from parlour.benchmarks.results.assembling import results_of
    from parlour.benchmarks.results.exporting import all_cells
    from parlour.benchmarks.running.stopping import stop_test

    if not wait and not at.alone:
        return None
    console = Console(stderr=True, markup=False, highlight=False, emoji=False)
    if not await followed(at, test_id, console):

        def stop(tx: "Tx") -> None:
            test = test_of(tx, test_id)
            stop_test(tx, acting(tx, by, test.snapshot), test.id, at.rules)

        await at.write(stop)
    data = await at.read(lambda tx: data_of(tx, test_id))
    cells = await at.read(lambda tx: all_cells(tx, data))
    return Ended(results=await asyncio.to_thread(results_of, data), cells=cells)


async def _shown(house: House, test_id: str, console: "Console", asked: asyncio.Event) -> bool:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from parlour.benchmarks import reading
    from parlour.benchmarks.results import listing

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())

    def look(tx: "Tx") -> "tuple[Test, Standing]":
        test = test_of(tx, test_id)
        return test, listing.standing(tx, test)

    test, _ = await house.read(look)
    invocations = await house.read(lambda tx: [(each.id, each.title) for each in listing.candidates_of(tx, test)])
    with Progress(*columns, console=console) as bars:
        tasks = {each: bars.add_task(title, total=reading.total_runs(test)) for each, title in invocations}
        judging = bars.add_task("Judgements left", total=None)
        while True:
            test, now = await house.read(look)
            for each, task in tasks.items():
                bars.update(task, completed=now.completed.get(each, 0))
            bars.update(judging, description=f"Judgements left: {now.pending_judgements}")
            if listing.is_over(test, now):
                bars.update(judging, visible=False)
                return True
            if asked.is_set():
                return False
            try:
                await asyncio.wait_for(asked.wait(), LOOK_SECONDS)
            except TimeoutError:
                continue


def test_of(tx: "Tx", test_id: str) -> "Test":
    """A test by its id; `Problem` without one."""
    from parlour.benchmarks.results.listing import test_by_id

    found = test_by_id(tx, test_id)
    if found is None:
        raise Problem(f"There is no test {test_id}.")
    return found


def data_of(tx: "Tx", test_id: str) -> "Data":
    """What the results of a test are made from."""
    from parlour.benchmarks.results.data import read

    return read(tx, test_of(tx, test_id))


def acting(tx: "Tx", user_id: str | None, benchmark: "Benchmark") -> "Actor":
    """Who does it: the named account, else the first one found that may run the benchmark, superadmins first."""
    from parlour.accounts.actions import account_by_user_id, actor_by_id
    from parlour.catalog.actions import may_run

    if user_id is not None:
        account = account_by_user_id(tx, user_id)
        actor = actor_by_id(tx, account.account_id) if account else None
        if actor is None:
            raise Problem(f"There is no account {user_id} that could do this.")
        return actor
    actors = (actor_by_id(tx, each.account_id) for each in _accounts(tx))
    able = [each for each in actors if each is not None and may_run(each, benchmark)]
    if not able:
        raise Problem("Nobody may run this benchmark. Name its people or departments, or add a superadmin.")
    return min(able, key=lambda each: (each.role != "superadmin", each.user_id))


def _material(tx: "Tx", asked: Asked, rules: "RunRules", judge: str) -> "Material":
    from parlour.benchmarks.results.estimate import material

    starting, actor = _starting(tx, asked, rules)
    return material(tx, actor, starting, judge)


def _start(tx: "Tx", asked: Asked, rules: "RunRules") -> "Started":
    from parlour.benchmarks.running.starting import start

    starting, actor = _starting(tx, asked, rules)
    return start(tx, actor, starting, rules)


def _starting(tx: "Tx", asked: Asked, rules: "RunRules") -> "tuple[Starting, Actor]":
    from parlour.cli.benchmark import named_benchmark
    from parlour.wire.rest.testing.bodies import starting_of

    benchmark = named_benchmark(tx, asked.benchmark)
    return starting_of(tx, benchmark, asked.values(tx, benchmark.id), rules), acting(tx, asked.by, benchmark)


def _resume(tx: "Tx", going: Going, rules: "RunRules") -> None:
    from parlour.benchmarks.running.stopping import resume
    from parlour.wire.rest.testing.bodies import Resuming, bounds_of

    test = test_of(tx, going.test_id)
    bounds = bounds_of(Resuming.model_validate(going.bounds)) if going.bounds else None
    resume(tx, acting(tx, going.by, test.snapshot), test.id, rules, bounds)


def _say_estimate(known: "Material", *, quiet: bool) -> None:
    from parlour.benchmarks.results.estimate import estimate

    if not quiet:
        for sentence in estimate(known).sentences:
            _say(sentence)


def _say(text: str) -> None:
    typer.echo(text, err=True)


async def _with_sample(settings: "Settings") -> "Settings":
    """The demo's folder with the sample pack, made if it is not there."""
    from parlour.catalog.actions import all_benchmarks
    from parlour.cli.demo import DATA, demo_password, seed

    if "data" not in settings.model_fields_set:
        settings = settings.model_copy(update={"data": DATA})
    if not _is_held(settings):
        database = opened(settings, create=True)
        if any(each.name == SAMPLE for each in database.read_here(all_benchmarks)):
            return settings
        password, fresh = demo_password(settings.data)
        await seed(database, settings, password, renew=fresh)
    return settings


def _accounts(tx: "Tx") -> "Iterator[Account]":
    from parlour.accounts.actions import list_accounts

    page = list_accounts(tx)
    while page:
        yield from page
        page = list_accounts(tx, after=page[-1].user_id)


def _is_held(settings: "Settings") -> bool:
    """Whether a server is using the data folder."""
    from parlour.serving import lock_data

    make_data(settings)
    try:
        os.close(lock_data(settings.data))
    except RuntimeError:
        return True
    return False
