"""Experiments and logs as tools: the questions in their order, and what is stored (lab protocol 8.2, 17)."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from parlour.assistant.experiments import actions
from parlour.files.handles import handle_of
from tests.harness.site import Site
from tests.lab.tool_bench import Bench, bench_on

CONFIRM = {"decision": "confirm"}
NAMED = {"values": {"experiment_name": "Contacts", "experiment_description": "Annealing of contacts"}}
FOR_TWO_HOURS = {"values": {"experiment_duration": "2h"}}


@pytest.fixture
async def bench(lab_site: Site) -> AsyncIterator[Bench]:
    async with bench_on(lab_site) as made:
        yield made


async def create(bench: Bench, person: Any, name: str = "Contacts", **visibility: str) -> None:
    values = {"experiment_name": name, "experiment_description": "About contacts"}
    change: list[Any] = [{"decision": "change", "values": visibility}] if visibility else []
    made = await bench.run(person, "experiment_create", [{"values": values}, *change, CONFIRM, "allow"])
    assert made.outcome.status == "done", made.outcome


async def set_current(bench: Bench, person: Any, name: str = "Contacts") -> None:
    given: dict[str, Any] = {"experiment": name, "experiment_duration": "90 min"}
    made = await bench.run(person, "experiment_set_current", [CONFIRM, "allow"], **given)
    assert made.outcome.status == "done", made.outcome


@pytest.mark.lab("E14")
async def test_recording_with_nothing_set_up_takes_eight_replies(lab_site: Site, bench: Bench) -> None:
    ada = await bench.person(lab_site)
    choose = {"choices": [1]}
    played = await bench.run(
        ada,
        "experiment_log_add",
        [NAMED, CONFIRM, "allow", choose, CONFIRM, FOR_TWO_HOURS, CONFIRM, "allow"],
        text="Annealed at 200 degrees",
    )
    assert played.asked == [
        "collect",
        "verify",
        "authorize experiment_create",
        "select",
        "verify",
        "collect",
        "verify",
        "authorize experiment_set_current",
    ]
    assert [each.arguments for each in played.operations] == [
        {
            "experiment_name": "Contacts",
            "experiment_description": "Annealing of contacts",
            "visibility": "private",
        },
        {"experiment": "Contacts", "experiment_duration": "2h"},
    ]
    (reference,) = played.outcome.references
    assert (reference.ref_type, reference.experiment, reference.author) == ("experiment_log", "Contacts", ada.user_id)
    again = await bench.run(ada, "experiment_log_add", text="Cooled for one hour")
    assert (again.asked, again.outcome.status) == ([], "done")


async def test_what_the_words_gave_is_not_asked_again_but_verified(lab_site: Site, bench: Bench) -> None:
    ada = await bench.person(lab_site)
    described = {"values": {"experiment_description": "The description"}}
    played = await bench.run(ada, "experiment_create", [described, CONFIRM, "allow"], experiment_name="Straight to it")
    assert [field.key for field in played.prompts[0].fields] == ["experiment_description"]
    assert [(field.key, field.value) for field in played.prompts[1].fields] == [
        ("experiment_name", "Straight to it"),
        ("experiment_description", "The description"),
        ("visibility", "private"),
    ]


async def test_refusing_and_abandoning_create_nothing(lab_site: Site, bench: Bench) -> None:
    ada = await bench.person(lab_site)
    refused = await bench.run(ada, "experiment_create", [NAMED, CONFIRM, "deny"])
    gave_up = await bench.run(ada, "experiment_create", [{"abandon": True}])
    never = await bench.run(ada, "experiment_create", [NAMED, {"decision": "abandon"}])
    assert [each.outcome.status for each in (refused, gave_up, never)] == ["refused", "abandoned", "abandoned"]
    assert (await bench.run(ada, "experiment_list")).outcome.status == "nothing"


@pytest.mark.lab("E14")
async def test_a_name_that_is_taken_is_asked_for_again(lab_site: Site, bench: Bench) -> None:
    ada, lin = await bench.person(lab_site), await bench.person(lab_site)
    await create(bench, ada)
    other = {"values": {"experiment_name": "Other contacts"}}
    played = await bench.run(
        ada,
        "experiment_create",
        [other, CONFIRM, "allow"],
        experiment_name="  CONTACTS ",
        experiment_description="The same again",
    )
    assert "already have an experiment" in played.prompts[0].text
    assert played.operations[0].arguments["experiment_name"] == "Other contacts"
    await create(bench, lin)  # the same name of another person


@pytest.mark.lab("E14")
async def test_an_entry_is_corrected_by_another_that_names_it(lab_site: Site, bench: Bench) -> None:
    ada = await bench.person(lab_site)
    await create(bench, ada)
    await set_current(bench, ada)
    await bench.run(ada, "experiment_log_add", text="Pressure was 7 millibar of argon")
    first = await bench.run(ada, "experiment_log_search", query="pressure argon")
    assert "entry " in first.outcome.passages[0].text
    entry_id = first.outcome.passages[0].text.split("[entry ")[1].split("]")[0]
    await bench.run(ada, "experiment_log_add", text="It was 9 millibar", corrects=entry_id)
    again = await bench.run(ada, "experiment_log_search", query="pressure argon")
    assert "corrected by entry" in again.outcome.passages[0].text
    assert "It was 9 millibar" in again.outcome.passages[0].text
    lin = await bench.person(lab_site)
    wrong = await bench.run(lin, "experiment_log_add", text="Not mine", corrects=entry_id)
    assert (wrong.outcome.status, wrong.outcome.text) == ("failed", "no such entry")


@pytest.mark.lab("E7")
async def test_private_logs_of_others_are_never_found_and_open_ones_are(lab_site: Site, bench: Bench) -> None:
    ada, lin = await bench.person(lab_site), await bench.person(lab_site)
    for name, visibility in (("Hidden", "private"), ("Shown", "lab")):
        await create(bench, ada, name, visibility=visibility)
        await set_current(bench, ada, name)
        file = await bench.upload(ada, f"{name}.csv", b"volt,ampere\n1,2\n")
        entry = {"text": f"canaryword{name.lower()} in the chamber", "file": handle_of(file)}
        if visibility == "lab":
            refused = await bench.run(ada, "experiment_log_add", ["deny"], sent=file, **entry)
            assert refused.outcome.status == "refused", "an attachment would be shared with every member"
        added = await bench.run(ada, "experiment_log_add", ["allow"] * (visibility == "lab"), sent=file, **entry)
        assert added.outcome.status == "done", added.outcome
    assert (await bench.run(lin, "experiment_log_search", query="canarywordhidden")).outcome.status == "nothing"
    seen = await bench.run(lin, "experiment_log_search", query="canarywordshown")
    assert seen.outcome.passages[0].reference.author == ada.user_id
    assert seen.outcome.passages[0].reference.file
    hidden = await bench.run(lin, "experiment_log_search", query="chamber", experiment="Hidden")
    unknown = await bench.run(lin, "experiment_log_search", query="chamber", experiment="Nowhere")
    assert hidden.outcome == unknown.outcome
    assert hidden.outcome.text == "no such experiment"
    assert (await bench.run(lin, "experiment_log_search", query="chamber", experiment="Shown")).quotes
    attached = seen.outcome.passages[0].reference.file
    assert (await bench.run(lin, "file_search", file=attached, query="ampere")).outcome.status == "done"
    assert (await bench.run(ada, "experiment_log_search", query="chamber")).outcome.text == "2 found."


async def test_entries_come_with_neighbours_and_days(lab_site: Site, bench: Bench) -> None:
    ada = await bench.person(lab_site)
    await create(bench, ada)
    await set_current(bench, ada)
    for text in ("First the sample was cleaned", "Then the zirconium was heated", "At last it was measured"):
        await bench.run(ada, "experiment_log_add", text=text)
    found = await bench.run(ada, "experiment_log_search", query="zirconium", from_="2020-01-01")
    text = found.outcome.passages[0].text
    assert "before: " in text
    assert "cleaned" in text
    assert "after: " in text
    assert "measured" in text
    assert (await bench.run(ada, "experiment_log_search", query="zirconium", to="2020-01-01")).quotes == []
    wrong = await bench.run(ada, "experiment_log_search", query="zirconium", to="yesterday")
    assert wrong.outcome.status == "failed"


async def test_the_time_of_the_current_experiment_runs_out(lab_site: Site, bench: Bench) -> None:
    ada = await bench.person(lab_site)
    await create(bench, ada)
    await set_current(bench, ada)
    listed = await bench.run(ada, "experiment_list")
    assert "Contacts (current until " in listed.outcome.text
    current = await bench.database.read(lambda tx: actions.current_of(tx, ada.account_id))
    assert current is not None
    assert current.until - current.since == 90 * 60_000

    def later(tx: Any) -> object:
        tx.now_ms += 90 * 60_000
        return actions.current_of(tx, ada.account_id)

    assert await bench.database.read(later) is None


async def test_a_person_is_asked_in_chinese_and_unknown_arguments_name_nothing(lab_site: Site, bench: Bench) -> None:
    ada, lin = await bench.person(lab_site, "zh"), await bench.person(lab_site)
    played = await bench.run(ada, "experiment_create", [{"abandon": True}])
    assert played.prompts[0].text == "新建实验需要名称和描述。"
    await create(bench, ada)
    file = await bench.upload(ada, "mine.txt", b"my own text")
    stolen = await bench.run(lin, "experiment_log_add", text="x", file=handle_of(file))
    assert (stolen.outcome.status, stolen.outcome.text) == ("failed", "no such file")
    await create(bench, lin, "Mine")
    other = await bench.run(lin, "experiment_set_current", experiment="Contacts")
    assert (other.outcome.status, other.outcome.text) == ("failed", "no such experiment")
