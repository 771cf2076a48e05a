"""Where a story is played: a site with the sample pack and one timed entry more, and a server that can be killed."""

import asyncio
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.catalog.bundles import load_bundle
from parlour.catalog.publishing import publish
from parlour.storage.tx import Tx
from tests.harness.clock import SetClock
from tests.harness.site import PACK, Site
from tests.promises.nursery import Child, Nursery
from tests.promises.test_work_ends import unfinished

TIME_LIMIT_SECONDS = 600
LEASE_MS = 16_000
ENTRY = "Timed assessment"
_MORE = f"""
home:
  timed-assessment:
    name: {ENTRY}
    simulation: tutor-assessment
    cohorts: [tutors]
    settings: {{hints_enabled: false, use_previous: true}}
    chats: {{exam-panic: {{time_limit: {TIME_LIMIT_SECONDS}}}}}
"""


@dataclass
class Stage:
    """A running server on a site. Its clock is moved by the story, for time limits.

    `cut_short` counts what the kills so far found unfinished: jobs, answers, grades.
    """

    site: Site
    clock: SetClock
    nursery: Nursery
    pieces_per_second: float
    child: Child = field(init=False)
    kills: int = 0
    cut_short: int = 0
    _people: int = 0

    def __post_init__(self) -> None:
        self.child = self.nursery.start(scripted_pieces_per_second=self.pieces_per_second)

    @property
    def url(self) -> str:
        """Where the server listens; every server after the first one on the same port."""
        return self.child.url

    async def restart(self, at_ms: int | None = None) -> None:
        """SIGKILL, and another server on the same data; `at_ms`: what o'clock it is when that one starts."""
        await asyncio.to_thread(self.child.kill)
        self.kills += 1
        self.cut_short += len(unfinished(self.site.database()))
        if at_ms is not None:
            self.clock.go_to(at_ms)
        elif self.site.url.startswith("postgresql"):  # a store for several servers waits for leases to lapse
            self.clock.go_to(self.clock.now_ms() + LEASE_MS)
        self.child = await asyncio.to_thread(
            self.nursery.start, port=self.child.port, scripted_pieces_per_second=self.pieces_per_second
        )

    def newcomer(self) -> str:
        """The token of a new learner, who has done nothing yet."""
        self._people += 1
        name = f"newcomer-{self._people}"

        def enrol(tx: Tx) -> str:
            made = accounts.create_account(tx, NewAccount(user_id=name, name="Robin New", role="member"))
            accounts.set_account_departments(tx, made.account_id, [accounts.list_departments(tx)[0].department_id])
            cohort = next(each for each in accounts.list_cohorts(tx) if each.name == "New tutors")
            accounts.add_to_cohort(tx, cohort.cohort_id, made.account_id, "learner")
            return accounts.issue_session(tx, made.account_id, "session", "story", 30 * 86_400)

        return self.site.write(enrol)


def furnish(site: Site) -> None:
    """Publish the sample pack with the timed entry."""
    with tempfile.TemporaryDirectory() as folder:
        pack = Path(folder) / "pack"
        shutil.copytree(PACK, pack)
        (pack / "timed.yaml").write_text(_MORE)
        bundle = load_bundle(pack)
    site.write(lambda tx: publish(tx, bundle))
    for entry in bundle.entries:
        known = site.homes if entry.kind == "home" else site.practices
        known[entry.name] = entry.id


@contextmanager
def staged(site: Site, pieces_per_second: float = 0) -> Generator[Stage]:
    """A stage on a seeded site; everything is over when it closes."""
    furnish(site)
    clock = SetClock(site.folder / "clock")
    with clock.given():
        nursery = Nursery(site)
    with nursery:
        yield Stage(site, clock, nursery, pieces_per_second)
