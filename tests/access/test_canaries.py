"""P11: people who try everybody's ids at random see nothing of those whose work they may not read."""

import asyncio
import random
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.kernel.actor import Role
from parlour.storage.tx import Tx
from tests.access.errands import ERRANDS
from tests.access.walkers import PATHS, Pool, Walker
from tests.access.world import SECRET, add_account, publish_pack
from tests.conftest import STORES, make_site
from tests.harness.site import Site
from tests.promises.figures import Figure

LEARNERS = {"ada": "instructor", "ben": "instructor", "cleo": "other_instructor", "dan": "other_instructor"}
STAFF: Mapping[str, Role] = {"other_instructor": "instructional", "other_admin": "admin"}
HOMES = ("Access home", "Other home", "Access reuse", "Other reuse")
PRACTICES = ("Access practice", "Other practice", "Access made")
STEPS = 2400
TOGETHER = 6
SEED = 20261121
TOKENS = re.compile(r"[0-9A-Za-z_-]{16,}")


def canary(name: str) -> str:
    """The text that only this account, and who may read its work, may see."""
    return f"canary-of-{name}-{random.Random(name).getrandbits(64):016x}"


def mark(name: str) -> str:
    """What is in the name of staff: who is watched by them may see it too, as they see who is in their chat."""
    return f"mark-of-{name}-{random.Random(name + '!').getrandbits(64):016x}"


def readers(learner: str) -> set[str]:
    """Who may read the work of a learner."""
    return {learner, LEARNERS[learner]}


def may_see(word: str, walker: str) -> bool:
    """Whether an account may be sent a canary, a mark, or what a persona is told."""
    if word == SECRET:
        return walker in LEARNERS.values()  # who teaches reads it in their drafts
    kind, _, rest = word.partition("-of-")
    name = rest.rpartition("-")[0]
    if name in LEARNERS:
        return walker in readers(name)
    return walker == name or (kind == "mark" and LEARNERS.get(walker) == name)


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def crowd(request: pytest.FixtureRequest, store: str, tmp_path: Path) -> Iterator[Site]:
    """A site whose people have canaries in their names: two cohorts, and an admin of another department."""
    site = make_site(store, tmp_path, request)

    def fill(tx: Tx) -> None:
        here = accounts.list_departments(tx)[0].department_id
        elsewhere = accounts.create_department(tx, "Elsewhere").department_id
        people: dict[str, Role] = {**dict.fromkeys(LEARNERS, "member"), **STAFF}  # type: ignore[dict-item]
        for name, role in people.items():
            word = canary(name) if name in LEARNERS else mark(name)
            new = NewAccount(user_id=name, name=f"{name} {word}", role=role)
            add_account(tx, site, new, elsewhere if name == "other_admin" else here)

    site.write(fill)
    publish_pack(site, learners=["ada", "ben"], others=["cleo", "dan"])
    yield site
    site.close()


@pytest.mark.promise("P11")
@pytest.mark.case(17, 19)
async def test_no_canary_is_seen_by_who_may_not_read_its_owner(crowd: Site, store: str, figure: Figure) -> None:
    process = crowd.start(
        limits__socket_events_per_second_max=10_000,
        limits__sockets_per_account_max=10_000,
        speech__in="scripted",
        speech__out="scripted",
    )
    dice = random.Random(SEED)
    entries = [("home_id", crowd.homes[name]) for name in HOMES]
    entries += [("practice_id", crowd.practices[name]) for name in PRACTICES]
    pool = Pool(entries=entries, accounts=list(crowd.ids.values()))
    names = [*LEARNERS, "instructor", *STAFF]
    walkers = [
        Walker(name, canary(name), process.url, crowd.tokens[name], pool, random.Random(f"{SEED} {name}"))
        for name in names
    ]
    for walker in walkers:
        walker.learns = walker.name in LEARNERS
        await walker.begin()
    steps = 0
    while steps < STEPS or (steps < 3 * STEPS and missing(pool)):
        await asyncio.gather(*(walker.step() for walker in dice.sample(walkers, TOGETHER)))
        steps += TOGETHER
    await asyncio.sleep(0.5)  # the last replies and grades
    for walker in walkers:
        await walker.end()
    check(walkers, pool, steps)
    sizes = sum(len(text) for walker in walkers for text in walker.received)
    done, refused = pool.counts["done"], pool.counts["not_found"]
    figure(
        "P11",
        f"{steps} random operations of {len(walkers)} accounts ({done} commands done, {refused} not found), "
        f"{len(pool.owners) + len(pool.secrets)} foreign ids and {2 * len(walkers) + 1} canaries sought in "
        f"{sizes / 1e6:.1f} MB received: 0 seen without read right, 0 answer keys before the answer",
    )


def check(walkers: list[Walker], pool: Pool, steps: int) -> None:
    """Nothing was seen that may not be; and what may be, was: the walk was no empty one."""
    words = {word for each in walkers for word in (each.canary, mark(each.name))} | {SECRET}
    saw: dict[str, set[str]] = {}
    for walker in walkers:
        text = "\n".join(walker.received)
        seen = {word for word in words if word in text.casefold()}
        saw[walker.name] = {each.name for each in walkers if each.canary in seen}
        foreign = {word for word in seen if not may_see(word, walker.name)}
        assert not foreign, f"{walker.name} saw {foreign}"
        if walker.learns:
            told = [*walker.told_too_early, *walker.keys_in_events()]
            assert not told, f"{walker.name} was told what is right: {told[0][:2000]}"
        named = set(TOKENS.findall("\n".join(walker.sent)))
        for token in set(TOKENS.findall(text)) - named:
            owner = pool.owners.get(token)
            assert owner is None or walker.name in (owner, LEARNERS[owner]), f"{walker.name} was told an id of {owner}"
            assert pool.secrets.get(token, walker.name) == walker.name, f"{walker.name} was told a secret"
    assert all(learner in saw[learner] for learner in LEARNERS), saw
    assert all(saw[staff] - {staff} for staff in LEARNERS.values()), saw
    assert all(name in readers(owner) for name, owner in pool.heard), "somebody heard a recording of another"
    assert pool.heard, f"{len(pool.utterances)} utterances, {len(pool.recordings)} recordings, {pool.counts}"
    counts = pool.counts
    assert sum(counts.values()) == steps
    assert counts["internal"] == 0, counts
    assert not missing(pool), (missing(pool), counts)
    assert sum(len(walker.answered) for walker in walkers) >= 3


def missing(pool: Pool) -> set[str]:
    """What a walk must contain and did not yet: every operation done, every outcome some times."""
    often = ("done", "not_found", "session_not_found", "recovered", "read refused", "poll", "poll refused")
    outcomes = (*often, *(f"{go.__name__}{how}" for go in ERRANDS for how in ("", " refused")))
    return {outcome for outcome in outcomes if pool.counts[outcome] < 3} | (set(PATHS) - set(pool.done))
