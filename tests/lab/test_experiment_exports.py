"""Experiments as files: JSON lines, Markdown, and the archive of the ELN File Format, read back."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from parlour.assistant.experiments import actions
from parlour.assistant.experiments.eln import Crate, write_eln
from parlour.assistant.experiments.entities import NewEntry, NewExperiment
from parlour.assistant.experiments.export import recorded
from parlour.storage.tx import Tx
from tests.docs.demo import without_settings
from tests.harness.site import Site
from tests.lab.house import new_member
from tests.lab.tool_bench import bench_on

DATA = b"volt,ampere\n1,0.5\n"


@pytest.fixture
async def owner(lab_site: Site) -> str:
    """Somebody with an experiment of three entries, one with a file and one that corrects another."""
    async with bench_on(lab_site) as bench:
        person = await bench.person(lab_site)
        file = await bench.upload(person, "测量 1.csv", DATA)

        def record(tx: Tx) -> None:
            new = NewExperiment(account_id=person.account_id, name="接触 <1>", description="# Not a heading")
            made = actions.create(tx, new)
            first = actions.add_entry(tx, entry(made.id, "Pressure 7 mbar"))
            actions.add_entry(tx, entry(made.id, "- not a list\nMeasured", file_ids=(file.id,)))
            actions.add_entry(tx, entry(made.id, "It was 9 mbar", corrects=first.id))

        def entry(experiment_id: Any, text: str, **more: Any) -> NewEntry:
            return NewEntry(experiment_id=experiment_id, author_id=person.account_id, text=text, **more)

        await bench.database.write(record)
    return person.user_id


def export(site: Site, owner: str, form: str, out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    words = ["experiments", "export", "--user", owner, "--format", form, "--out", str(out), *more]
    place = ["--data", str(site.folder / "data"), "--database-url", site.url]
    return subprocess.run(
        [sys.executable, "-m", "parlour", *words, *place],
        capture_output=True,
        text=True,
        env=without_settings(),
        timeout=60,
        check=False,
    )


async def test_json_lines_have_everything_of_the_log(lab_site: Site, owner: str, tmp_path: Path) -> None:
    done = export(lab_site, owner, "jsonl", tmp_path / "log.jsonl")
    assert (done.returncode, done.stdout) == (
        0,
        f"1 experiment with 3 entries written to {tmp_path / 'log.jsonl'}.\n",
    ), done.stderr
    head, first, second, third = map(json.loads, (tmp_path / "log.jsonl").read_text().splitlines())
    assert (head["kind"], head["name"], head["owner"], head["visibility"]) == (
        "experiment",
        "接触 <1>",
        owner,
        "private",
    )
    assert second["files"] == [
        {"name": "测量 1.csv", "size": len(DATA), "type": "text/csv", "sha256": hashlib.sha256(DATA).hexdigest()}
    ]
    assert (third["corrects"], third["author"]) == (first["entry_id"], owner)
    assert (tmp_path / "log.jsonl").stat().st_mode & 0o777 == 0o600


async def test_markdown_keeps_what_was_written_from_becoming_markup(lab_site: Site, owner: str, tmp_path: Path) -> None:
    assert export(lab_site, owner, "md", tmp_path / "log.md", "--experiment", "接触 <1>").returncode == 0
    text = (tmp_path / "log.md").read_text()
    assert text.startswith("# 接触 <1>\n")
    assert "\n\\# Not a heading\n" in text
    assert "\n\\- not a list\n" in text
    assert ", corrects entry 1\n" in text
    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## Entry 1", "## Entry 2", "## Entry 3"]


async def test_an_eln_archive_is_a_crate_whose_files_are_all_there(lab_site: Site, owner: str, tmp_path: Path) -> None:
    done = export(lab_site, owner, "eln", tmp_path / "my-log.eln")
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / "my-log.eln") as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        assert {name.split("/")[0] for name in names} == {"my-log"}
        crate = json.loads(archive.read("my-log/ro-crate-metadata.json"))
        assert crate["@context"] == "https://w3id.org/ro/crate/1.1/context"
        nodes = {node["@id"]: node for node in crate["@graph"]}
        assert len(nodes) == len(crate["@graph"])
        about = nodes["ro-crate-metadata.json"]
        assert (about["@type"], about["about"]) == ("CreativeWork", {"@id": "./"})
        assert about["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
        (part,) = nodes["./"]["hasPart"]
        experiment = nodes[part["@id"]]
        assert (experiment["@type"], experiment["name"]) == ("Dataset", "接触 <1>")
        assert nodes[experiment["author"]["@id"]]["identifier"] == owner
        listed = [nodes[each["@id"]] for each in experiment["hasPart"]]
        assert sorted(each["name"] for each in listed) == ["log.md", "测量 1.csv"]
        for file in listed:
            body = archive.read(f"my-log/{file['@id'].removeprefix('./')}")
            assert (file["contentSize"], file["sha256"]) == (str(len(body)), hashlib.sha256(body).hexdigest())
        assert names == {"my-log/ro-crate-metadata.json"} | {
            f"my-log/{file['@id'].removeprefix('./')}" for file in listed
        }
        comments = [nodes[each["@id"]] for each in experiment["comment"]]
        assert [each["text"] for each in comments] == ["Pressure 7 mbar", "- not a list\nMeasured", "It was 9 mbar"]
        assert comments[2]["parentItem"] == {"@id": comments[0]["@id"]}
        assert nodes[comments[1]["associatedMedia"][0]["@id"]]["name"] == "测量 1.csv"
        for node in crate["@graph"]:
            for value in node.values():
                for each in value if isinstance(value, list) else [value]:
                    if isinstance(each, dict) and not each["@id"].startswith("https:"):
                        assert each["@id"] in nodes, each


async def test_the_same_data_gives_the_same_archive_and_damage_is_found(lab_site: Site, owner: str) -> None:
    def read(tx: Tx) -> Any:
        account = tx.one("SELECT id FROM accounts WHERE user_id = :u", u=owner)
        assert account is not None
        return [recorded(tx, each) for each in actions.own_experiments(tx, account["id"], 10)]

    found = lab_site.database().read_here(read)
    crate = Crate(name="x", made_at=0, version="1")
    made: list[bytes] = []
    for _ in range(2):
        out = io.BytesIO()
        write_eln(out, crate, found, lambda _: iter([DATA]))
        made.append(out.getvalue())
    assert made[0] == made[1]
    with pytest.raises(ValueError, match="damaged"):
        write_eln(io.BytesIO(), crate, found, lambda _: iter([b"other"]))


async def test_what_is_not_there_is_said_and_nothing_is_replaced(lab_site: Site, owner: str, tmp_path: Path) -> None:
    out = tmp_path / "there.md"
    out.write_text("mine")
    assert export(lab_site, owner, "md", out).stderr == f"{out} is there already. Name another file, or give --force.\n"
    assert export(lab_site, "nobody-here", "md", tmp_path / "a").stderr == "There is no account nobody-here.\n"
    wrong = export(lab_site, owner, "md", tmp_path / "a", "--experiment", "Nothing")
    assert (wrong.returncode, wrong.stderr) == (1, f"{owner} has no such experiment.\n")
    empty = new_member(lab_site).user_id
    assert export(lab_site, empty, "md", tmp_path / "a").stderr == f"{empty} has no experiments.\n"
    assert out.read_text() == "mine"
    assert not (tmp_path / "a").exists()
