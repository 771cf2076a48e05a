"""Papers, files, instruments, history and the clock as tools (lab protocol 8.2, 9.5), on the sample data."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from parlour.assistant.entities import LabMessageId, Member, TurnId
from parlour.assistant.messages import members, saying
from parlour.assistant.messages.said.store import NewMessage
from parlour.assistant.notes import actions as notes
from parlour.assistant.notes.entities import NewNote
from parlour.assistant.papers import actions as papers
from parlour.assistant.tools.papers import ToSummarise
from parlour.cli.commands import Problem
from parlour.cli.importing import Done, LabImport
from parlour.files import actions as files
from parlour.files.handles import handle_of
from parlour.settings import load_settings
from parlour.storage.tx import Tx
from tests.harness.site import ROOT, Site
from tests.lab.tool_bench import TURN, Bench, bench_on

LABORATORY = ROOT / "content" / "laboratory"
CONTACTS = LABORATORY / "papers" / "lin" / "Contacts to MoS2.pdf"
DRAFT = b"# My own draft on lanthanides\n\ndoi:10.5555/own.1\n\nText of the draft."
DOI = "10.5555/parlour.2024.001"


@pytest.fixture
async def bench(lab_site: Site) -> AsyncIterator[Bench]:
    async with bench_on(lab_site) as made:
        yield made


@pytest.fixture
async def stocked(lab_site: Site, bench: Bench) -> Bench:
    """With the sample papers and instruments; importing them again changes nothing."""
    importing = LabImport(bench.database, load_settings(data=lab_site.folder / "data"))
    told: list[tuple[str, str]] = []
    for _ in range(2):
        told.clear()
        await importing.papers(LABORATORY / "papers", lambda *line: told.append(line))
        await importing.instruments(LABORATORY / "instruments", lambda *line: told.append(line))
    assert {came for _, came in told} == {"unchanged"}
    return bench


@pytest.mark.lab("E14")
async def test_a_paper_is_added_once_and_its_summary_is_used_again(lab_site: Site, bench: Bench) -> None:
    ada = await bench.person(lab_site)
    file = await bench.upload(ada, "论文.pdf", CONTACTS.read_bytes())
    refused = await bench.run(ada, "recent_paper_add", ["deny"], file=handle_of(file))
    assert refused.outcome.status == "refused"
    assert (await bench.run(ada, "recent_paper_list")).outcome.status == "nothing"
    added = await bench.run(ada, "recent_paper_add", ["allow"], file=handle_of(file))
    assert added.operations[0].arguments == {"file": "论文.pdf", "size": file.size}
    (reference,) = added.outcome.references
    assert (reference.file, reference.size, reference.doi) == (handle_of(file), file.size, DOI)
    assert reference.title.startswith("Contact resistance of nickel")
    again = await bench.run(ada, "recent_paper_add", sent=file, file="论文.pdf")
    assert (again.asked, again.outcome.references) == ([], added.outcome.references)
    first = await bench.run(ada, "recent_paper_summarise", paper=DOI)
    assert "740 ohm" in first.outcome.text
    text = " ".join(" ".join(await bench.database.read(lambda tx: papers.pages_of(tx, _only(tx, ada)))).split())
    for line in first.outcome.text.splitlines():
        assert line.removeprefix("- ") in text, line
    async with bench_on(lab_site, _never) as other:
        used = await other.run(ada, "recent_paper_summarise", paper="contact resistance of NICKEL")
        for named in ("this paper", "the paper about gentle annealing of nickel", "这篇论文"):
            assert (await other.run(ada, "recent_paper_summarise", paper=named)).outcome == first.outcome, named
        unknown = await other.run(ada, "recent_paper_summarise", paper="the paper about nickel in Rome")
    assert used.outcome == first.outcome
    assert unknown.outcome.text == "no such paper"


async def test_a_model_writes_the_summary_if_there_is_one(lab_site: Site) -> None:
    asked: list[ToSummarise] = []

    async def write(wanted: ToSummarise) -> str:
        asked.append(wanted)
        return "It is about contacts."

    async with bench_on(lab_site, write) as bench:
        ada = await bench.person(lab_site, "zh")
        file = await bench.upload(ada, "a.pdf", CONTACTS.read_bytes())
        await bench.run(ada, "recent_paper_add", ["allow"], file=handle_of(file))
        made = await bench.run(ada, "recent_paper_summarise", paper=handle_of(file))
        renewed = await bench.run(ada, "recent_paper_summarise", paper=handle_of(file), refresh=True)
    assert made.outcome.text == renewed.outcome.text == "It is about contacts."
    assert [each.language for each in asked] == ["zh", "zh"]
    assert "740 ohm" in asked[0].text


async def _never(_: ToSummarise) -> str:
    raise AssertionError("a stored summary is used again")


def _only(tx: Any, member: Member) -> Any:
    return papers.find_recent(tx, member.account_id, DOI)[0]


async def test_what_cannot_be_read_is_no_paper(lab_site: Site, bench: Bench) -> None:
    ada = await bench.person(lab_site)
    for name, data in (("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(100)), ("broken.pdf", b"%PDF-1.7\nnothing")):
        file = await bench.upload(ada, name, data)
        played = await bench.run(ada, "recent_paper_add", file=handle_of(file))
        assert (played.asked, played.outcome.status) == ([], "failed")
        assert name in played.outcome.text


@pytest.mark.lab("E7")
async def test_recent_papers_and_files_of_others_are_never_found(lab_site: Site, bench: Bench) -> None:
    ada, lin = await bench.person(lab_site), await bench.person(lab_site)
    file = await bench.upload(ada, "mine.md", b"# A private paper on canaryium\n\nThe canaryium melts at 12 degrees.")
    assert (await bench.run(ada, "recent_paper_add", ["allow"], file=handle_of(file))).outcome.status == "done"
    own = await bench.run(ada, "recent_paper_search", query="canaryium melts")
    assert own.outcome.passages[0].reference.page == 1
    for tool in ("recent_paper_search", "shared_paper_search", "instrument_search", "experiment_log_search"):
        assert (await bench.run(lin, tool, query="canaryium melts")).outcome.status == "nothing", tool
    calls: list[tuple[str, dict[str, Any]]] = [
        ("file_search", {"file": handle_of(file), "query": "canaryium"}),
        ("recent_paper_add", {"file": handle_of(file)}),
        ("recent_paper_summarise", {"paper": handle_of(file)}),
        ("recent_paper_search", {"paper": "A private paper on canaryium", "query": "canaryium"}),
        ("shared_paper_search", {"paper": "A private paper on canaryium", "query": "canaryium"}),
    ]
    for tool, given in calls:
        played = await bench.run(lin, tool, **given)
        kind = "file" if "file" in given else "paper"
        assert (played.outcome.status, played.outcome.text) == ("failed", f"no such {kind}"), tool


async def test_shared_papers_are_found_with_page_and_holder(lab_site: Site, stocked: Bench) -> None:
    ada = await stocked.person(lab_site)
    played = await stocked.run(ada, "shared_paper_search", query="contact resistance after annealing at 180 degrees")
    best = played.outcome.passages[0].reference
    assert (best.ref_type, best.possessor, best.doi) == ("paper", "lin", DOI)
    assert best.page
    assert best.quote in played.outcome.passages[0].text if best.quote else False
    assert best.file
    held = await stocked.run(ada, "shared_paper_search", query="drift of the stage", possessor="Okafor")
    assert {each.reference.possessor for each in held.outcome.passages} == {"okafor"}
    nobody = await stocked.run(ada, "shared_paper_search", query="drift", possessor="nobody")
    assert nobody.outcome.text == "no such possessor"
    one = await stocked.run(ada, "shared_paper_search", query="water", paper="lifetime of lead-free perovskite")
    assert {each.reference.title.split()[0] for each in one.outcome.passages} == {"Traces"}


@pytest.mark.lab("E13")
async def test_a_chinese_question_finds_a_chinese_passage(lab_site: Site, stocked: Bench) -> None:
    li = await stocked.person(lab_site, "zh")
    played = await stocked.run(li, "shared_paper_search", query="衬底加热的温度")
    best = played.outcome.passages[0].reference
    assert (best.possessor, best.title) == ("李雷", "二硫化钼薄片的机械剥离步骤")


@pytest.mark.lab("H2")
async def test_notes_are_found_by_those_who_may_see_them(lab_site: Site, stocked: Bench) -> None:
    ada, lin = await stocked.person(lab_site), await stocked.person(lab_site)
    file = await stocked.upload(ada, "own.md", DRAFT)
    await stocked.run(ada, "recent_paper_add", ["allow"], file=handle_of(file))
    for doi, word in ((DOI, "gryphon"), ("https://doi.org/10.5555/OWN.1", "hippocamp")):
        new = NewNote(author_id=ada.account_id, doi=doi, page_label=2, passage="The passage.", note=f"See {word} there")
        assert await stocked.database.write(lambda tx, new=new: notes.add(tx, new))
    unknown = NewNote(author_id=lin.account_id, doi="10.5555/own.1", page_label=1, passage="p", note="n")
    assert await stocked.database.write(lambda tx: notes.add(tx, unknown)) is None
    seen = await stocked.run(lin, "shared_paper_search", query="gryphon")
    assert [(each.reference.ref_type, each.reference.author) for each in seen.outcome.passages] == [
        ("note", ada.user_id)
    ]
    assert seen.outcome.passages[0].reference.page == 2
    assert (await stocked.run(ada, "recent_paper_search", query="hippocamp")).quotes
    for tool in ("shared_paper_search", "recent_paper_search"):
        assert (await stocked.run(lin, tool, query="hippocamp")).quotes == []
    assert await stocked.database.read(lambda tx: notes.notes_of(tx, lin.account_id, "10.5555/own.1")) == []


async def test_instruments_are_found_with_their_experts(lab_site: Site, stocked: Bench) -> None:
    ada = await stocked.person(lab_site)
    played = await stocked.run(ada, "instrument_search", query="How fast may the motor stage move?")
    kinds = {each.reference.ref_type for each in played.outcome.passages}
    assert "file" in kinds
    assert any("25 mm/s" in each.text for each in played.outcome.passages)
    assert {each.reference.experts for each in played.outcome.passages} == {("okafor",)}
    told = [
        *(each.reference.title for each in played.outcome.passages),
        *(each.title for each in played.outcome.references),
    ]
    assert len(told) == len(set(told))
    anywhere = await stocked.run(ada, "instrument_search", query="regenerate the catalyst")
    assert anywhere.outcome.passages[0].reference.title == "Glove box 1: rules.md"
    who = await stocked.run(ada, "instrument_search", query="expert", instrument="探针台")
    assert who.outcome.passages[0].reference.experts == ("brandt", "lin")
    assert "Experts of Probe station: brandt, lin." in who.outcome.text
    none = await stocked.run(ada, "instrument_search", query="expert", instrument="cyclotron")
    assert none.outcome.text == "no such instrument"


async def test_papers_are_listed_newest_first_by_day(lab_site: Site, bench: Bench) -> None:
    ada = await bench.person(lab_site)
    for name in ("First words", "Second words"):
        file = await bench.upload(ada, f"{name}.md", f"# {name} of the paper\n\nSome text here.".encode())
        await bench.run(ada, "recent_paper_add", ["allow"], file=handle_of(file))
    listed = await bench.run(ada, "recent_paper_list", from_="2020-01-01")
    assert listed.outcome.text == "- Second words of the paper\n- First words of the paper"
    assert len((await bench.run(ada, "recent_paper_list", limit=1)).outcome.references) == 1
    assert (await bench.run(ada, "recent_paper_list", to="2020-01-01")).outcome.status == "nothing"


async def test_a_deleted_file_takes_its_paper_along(lab_site: Site, bench: Bench) -> None:
    ada = await bench.person(lab_site)
    file = await bench.upload(ada, "gone.md", b"# Soon to be gone\n\nAbout the phlogiston.")
    await bench.run(ada, "recent_paper_add", ["allow"], file=handle_of(file))

    def delete(tx: Tx) -> None:
        files.delete_file(tx, ada.account_id, handle_of(file))
        assert papers.forget_file(tx, file.id)

    await bench.database.write(delete)
    assert (await bench.run(ada, "recent_paper_search", query="phlogiston")).outcome.status == "nothing"
    assert (await bench.run(ada, "recent_paper_list")).outcome.status == "nothing"


@pytest.mark.lab("E7")
async def test_talk_is_found_with_its_neighbours_by_its_owner_only(lab_site: Site, bench: Bench) -> None:
    ada, lin = await bench.person(lab_site), await bench.person(lab_site)

    def talk(tx: Tx) -> None:
        conversation_id = members.lock(tx, ada.account_id)
        for turn, role, text in (
            ("t1", "person", "Where did I put the sample?"),
            ("t1", "assistant", "The basilisk sample is in drawer seven."),
            ("t2", "person", "Thank you."),
            (TURN, "person", "Where is the basilisk sample?"),
        ):
            saying.say(
                tx,
                NewMessage(
                    id=LabMessageId(tx.new_id()),
                    account_id=ada.account_id,
                    conversation_id=conversation_id,
                    author_id=ada.account_id if role == "person" else None,
                    role=role,
                    kind="text" if role == "person" else "final",
                    text=text,
                    language="en",
                    turn_id=TurnId(turn),
                    pause_id=None,
                    reply_in_speech=False,
                    route="chat_text",
                ),
            )

    await bench.database.write(talk)
    found = await bench.run(ada, "chat_history_search", query="basilisk sample", limit=1)
    (passage,) = found.outcome.passages
    assert passage.reference.quote == "The basilisk sample is in drawer seven."
    assert "before: person" in passage.text
    assert "after: person" in passage.text
    assert "Where is the basilisk" not in passage.text
    assert (await bench.run(ada, "chat_history_search", query="basilisk", to="2020-01-01")).quotes == []
    assert (await bench.run(lin, "chat_history_search", query="basilisk sample")).outcome.status == "nothing"


async def test_the_clock_tells_time_and_weekday_of_a_zone(lab_site: Site, bench: Bench) -> None:
    ada = await bench.person(lab_site)
    assert "UTC+0000" in (await bench.run(ada, "date_time")).outcome.text
    assert "UTC+0800" in (await bench.run(ada, "date_time", timezone="Asia/Shanghai")).outcome.text
    wrong = await bench.run(ada, "date_time", timezone="../../etc/passwd")
    assert wrong.outcome.status == "failed"


async def test_no_schema_names_an_account(bench: Bench) -> None:
    for tool in bench.tools.values():
        members: Any = tool.parameters["properties"]
        assert not {"user_id", "account_id", "account", "user", "owner"} & set(members), tool.name
        assert tool.parameters["additionalProperties"] is False
        assert set(tool.titles) == {"en", "zh"}


async def test_an_import_refuses_what_leads_out_and_what_nobody_holds(
    lab_site: Site, bench: Bench, tmp_path: Path
) -> None:

    importing = LabImport(bench.database, load_settings(data=lab_site.folder / "data"))
    (tmp_path / "in" / "lin").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "in" / "loose.txt").write_text("A paper that nobody holds")
    (tmp_path / "in" / "lin" / "bad.pdf").write_bytes(b"%PDF-1.4 nothing")
    (tmp_path / "in" / ".hidden.txt").write_text("hidden")
    told: list[tuple[str, str]] = []
    done = await importing.papers(tmp_path / "in", lambda *line: told.append(line))
    assert done == Done(failed=2)
    assert [path for path, _ in told] == ["lin/bad.pdf", "loose.txt"]
    (tmp_path / "in" / "lin" / "link.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(Problem, match="leads out of"):
        await importing.papers(tmp_path / "in", lambda *line: None)
    place = tmp_path / "instruments" / "one"
    place.mkdir(parents=True)
    (place / "instrument.yaml").write_text("name: One\ncolour: red\n")
    with pytest.raises(Problem, match=r"instrument\.yaml:2: "):
        await importing.instruments(tmp_path / "instruments", lambda *line: None)
