"""What a member can look through: experiments, logs, papers and the text of pages (`/api/v1/laboratory`)."""

from typing import Any

import pytest

from parlour.assistant.experiments import actions as experiments
from parlour.assistant.experiments.entities import Entry, Experiment, NewEntry, NewExperiment
from parlour.assistant.messages import members
from parlour.assistant.papers import store as papers
from parlour.assistant.papers.entities import About, Paper, PaperId
from parlour.files import actions as files
from parlour.files.entities import NewFile, Received, StoredFile
from parlour.files.handles import handle_of
from parlour.files.search import index
from parlour.files.search.entities import NewChunk, Source
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Tx
from tests.lab.house import LabHouse, Member

BASE = "/api/v1/laboratory"
UNKNOWN = "00000000-0000-7000-8000-000000000000"


@pytest.fixture(name="pair")
def two_members(lab: LabHouse) -> tuple[Member, Member]:
    """Somebody, and somebody else."""
    return lab.member(), lab.member()


async def told(lab: LabHouse, member: Member, path: str, status: int = 200, **query: object) -> Any:
    async with lab.http(member) as http:
        answer = await http.get(BASE + path, params={name: str(value) for name, value in query.items()})
    assert answer.status_code == status, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


def experiment(lab: LabHouse, member: Member, name: str, visibility: Any = "private") -> Experiment:
    new = NewExperiment(account_id=AccountId(member.account_id), name=name, description="why", visibility=visibility)
    return lab.write(lambda tx: experiments.create(tx, new))


def entry(lab: LabHouse, made: Experiment, text: str, *file_ids: str, **more: Any) -> Entry:
    new = NewEntry(experiment_id=made.id, author_id=made.account_id, text=text, file_ids=file_ids, **more)
    return lab.write(lambda tx: experiments.add_entry(tx, new))


def a_file(lab: LabHouse, member: Member | None, name: str, digest: str, **more: Any) -> StoredFile:
    received = Received(digest=digest, size=3, type="application/octet-stream")
    account_id = AccountId(member.account_id) if member else None
    new = NewFile(account_id=account_id, name=name, origin="upload", received=received, **more)
    return lab.write(lambda tx: files.keep_file(tx, new))


async def test_one_is_told_one_s_own_name(lab: LabHouse, pair: tuple[Member, Member]) -> None:
    assert (await told(lab, pair[0], ""))["user_id"] == pair[0].user_id


async def test_experiments_are_one_s_own_or_open_and_come_in_pages(lab: LabHouse, pair: tuple[Member, Member]) -> None:
    me, other = pair
    mine = [experiment(lab, me, f"Mine {number}").id for number in range(3)]
    hidden = experiment(lab, other, "Hidden").id
    shown = experiment(lab, other, f"Shown {other.user_id}", "lab").id
    lab.write(lambda tx: _make_member(tx, me))
    lab.write(lambda tx: experiments.set_current(tx, me.account_id, mine[1], 3_600))

    first = await told(lab, me, "/experiments", limit=2)
    rest = await told(lab, me, "/experiments", limit=2, after=first["next"])
    both = [*first["experiments"], *rest["experiments"]]
    assert [each["experiment_id"] for each in both] == mine[::-1]
    assert rest["next"] is None
    assert [each["experiment_id"] for each in both if each["current_until"]] == [mine[1]]
    open_ones = (await told(lab, me, "/experiments", scope="lab", limit=200))["experiments"]
    ids = {each["experiment_id"]: each["owner"] for each in open_ones}
    assert ids[shown] == other.user_id
    assert hidden not in ids
    assert not set(mine) & set(ids)
    await told(lab, me, "/experiments", 404, after=hidden)


def _make_member(tx: Tx, member: Member) -> None:
    members.member(tx, AccountId(member.account_id))


async def test_a_log_is_told_newest_first_with_its_files(lab: LabHouse, pair: tuple[Member, Member]) -> None:
    me, other = pair
    made = experiment(lab, me, "Log")
    file = a_file(lab, me, "curve.bin", "a" * 64)
    wrong = entry(lab, made, "at 18 degrees")
    entry(lab, made, "the curve", file.id)
    entry(lab, made, "at 180 degrees", corrects=wrong.id)
    path = f"/experiments/{made.id}/entries"
    first = await told(lab, me, path, limit=2)
    rest = await told(lab, me, path, limit=2, after=first["next"])
    both = [*first["entries"], *rest["entries"]]
    assert [each["text"] for each in both] == ["at 180 degrees", "the curve", "at 18 degrees"]
    assert (both[0]["corrects"], both[0]["author"]) == (wrong.id, me.user_id)
    assert both[1]["files"] == [
        {"handle": handle_of(file), "name": "curve.bin", "size": 3, "type": "application/octet-stream"}
    ]
    foreign = await told(lab, other, path, 404)
    missing = await told(lab, other, f"/experiments/{UNKNOWN}/entries", 404)
    assert {**foreign, "instance": None} == {**missing, "instance": None}


async def test_a_log_that_is_open_is_read_by_all(lab: LabHouse, pair: tuple[Member, Member]) -> None:
    made = experiment(lab, pair[0], "Open log", "lab")
    entry(lab, made, "for everybody")
    found = await told(lab, pair[1], f"/experiments/{made.id}/entries")
    assert [each["text"] for each in found["entries"]] == ["for everybody"]
    await told(lab, pair[1], f"/experiments/{made.id}/entries", 404, after=UNKNOWN)


async def test_recent_papers_are_one_s_own_and_shared_ones_everybody_s(
    lab: LabHouse, pair: tuple[Member, Member]
) -> None:
    me, other = pair
    recent = [a_paper(lab, me, None, f"Paper {number}", f"{number}" * 64) for number in range(3)]
    shared = [a_paper(lab, None, holder, title, digest * 64) for holder, title, digest in SHARED]
    first = await told(lab, me, "/papers", limit=2)
    rest = await told(lab, me, "/papers", limit=2, after=first["next"])
    assert [each["paper_id"] for each in [*first["papers"], *rest["papers"]]] == recent[::-1]
    assert (await told(lab, other, "/papers"))["papers"] == []
    await told(lab, other, "/papers", 404, after=recent[0])

    read: list[str] = []
    after = ""
    while True:
        more: dict[str, Any] = {"after": after} if after else {}
        page = await told(lab, other, "/papers", scope="shared", limit=1, **more)
        read += [each["paper_id"] for each in page["papers"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert [each for each in read if each in shared] == [shared[1], shared[2], shared[0]]
    assert len(read) == len(set(read))


SHARED = (("okafor", "Alpha", "d"), ("lin", "Beta", "e"), ("lin", "Gamma", "f"))


def a_paper(lab: LabHouse, member: Member | None, possessor: str | None, title: str, digest: str) -> str:
    file = a_file(lab, member, f"{title}.bin", digest, shared=member is None)

    def keep(tx: Tx) -> str:
        made = Paper(
            id=PaperId(tx.new_id()),
            scope="recent" if member else "shared",
            account_id=AccountId(member.account_id) if member else None,
            possessor=possessor,
            file_id=file.id,
            digest=digest,
            about=About(title=title),
            summary=None,
            summary_at=None,
            created_at=tx.now_ms,
        )
        papers.insert(tx, made)
        return made.id

    return lab.write(keep)


async def test_the_text_of_a_page_is_for_those_who_may_read_the_file(
    lab: LabHouse, pair: tuple[Member, Member]
) -> None:
    me, other = pair
    file = a_file(lab, me, "read.bin", "b" * 64)
    chunks = [NewChunk(page=page, position=at, text=text) for at, (page, text) in enumerate([(1, "one"), (2, "two")])]
    source = Source(kind="file", id=file.id, account_id=AccountId(me.account_id))
    lab.write(lambda tx: index.put(tx, source, chunks))
    handle = handle_of(file)
    assert await told(lab, me, "/text", file=handle) == {"page": 1, "pages": 2, "passages": ["one"]}
    assert (await told(lab, me, "/text", file=handle, page=2))["passages"] == ["two"]
    await told(lab, me, "/text", 404, file=handle, page=3)
    await told(lab, me, "/text", 422, file=handle, page=0)
    foreign = await told(lab, other, "/text", 404, file=handle)
    missing = await told(lab, other, "/text", 404, file=f"files/{UNKNOWN}/read.bin")
    assert {**foreign, "instance": None} == {**missing, "instance": None}
