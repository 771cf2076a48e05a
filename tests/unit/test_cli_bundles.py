"""`parlour content export|diff` and `parlour cohort import|export`, as an operator uses them."""

import shutil
from pathlib import Path

import pytest

from tests.unit.bundle_desk import bytes_of
from tests.unit.test_cli import PACK, add, parlour


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    add(folder, "learner")
    add(folder, "instructor")
    assert parlour("content", "import", PACK, "--data", folder).returncode == 0
    return folder


def test_content_is_exported_compared_and_imported_elsewhere(data: Path, tmp_path: Path) -> None:
    target, elsewhere = tmp_path / "git", tmp_path / "elsewhere"
    done = parlour("content", "export", target, "--data", data)
    assert done.returncode == 0, done.stderr
    assert "Exported 65 objects of teaching-practice" in done.stdout
    first = bytes_of(target)
    assert parlour("content", "diff", target, "--data", data).stdout == "No difference.\n"
    (target / "prices.yaml").write_text("prices: {}\n")
    (target / "README.md").write_text("Ours.")
    text = target / "personas.yaml"
    text.write_text(text.read_text().replace("Ben Sutter\n", "Ben Suter\n"))
    changed = parlour("content", "diff", target, "--data", data)
    assert changed.returncode == 1
    assert changed.stdout == '~ personas/ben\n    name: "Ben Sutter" -> "Ben Suter"\n'
    assert parlour("content", "diff", PACK, target, "--data", data).stdout == changed.stdout
    assert parlour("content", "export", target, "--data", data).returncode == 0
    assert bytes_of(target) == {**first, "README.md": b"Ours."}, "what was exported before goes, what is ours stays"
    assert parlour("content", "import", target, "--data", elsewhere).returncode == 0
    assert parlour("content", "export", tmp_path / "again", "--data", elsewhere).returncode == 0
    assert bytes_of(tmp_path / "again") == first


def test_what_cannot_be_exported_is_said(data: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(PACK, mine)
    before = bytes_of(mine)
    for words, said in (
        ((mine,), "holds other YAML files"),
        ((tmp_path / "x", "--pack", "none"), "Pack not found."),
        ((tmp_path / "x", "--artifact", "none"), "Artifact not found."),
        ((tmp_path / "x", "--artifact", "a", "--pack", "b"), "not both"),
    ):
        refused = parlour("content", "export", *words, "--data", data)
        assert refused.returncode == 1
        assert said in refused.stderr
    assert bytes_of(mine) == before
    assert not (tmp_path / "x").exists()
    (mine / "rubric.yaml").write_text("rubrics: {r: {}}\n")
    broken = parlour("content", "diff", mine, "--data", data)
    assert (broken.returncode, "rubric.yaml:1:" in broken.stderr) == (2, True)


def test_people_are_imported_after_a_dry_run(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("user_id,name,part\nada,=HYPERLINK(1),learner\nlearner,,learner\n")
    words = ("cohort", "import", "New tutors", file, "--data", data)
    dry = parlour(*words, "--dry-run")
    assert dry.stdout.splitlines()[:2] == ["1 new account would be made: ada", "1 would be added: ada"]
    assert "ada" not in parlour("cohort", "list", "--data", data).stdout
    assert parlour(*words).stdout.splitlines()[1] == "1 added: ada"
    shown = parlour("cohort", "export", "New tutors", "--data", data)
    assert "ada,'=HYPERLINK(1),,learner," in shown.stdout
    file.write_text("user_id,part\nada,boss\n")
    wrong = parlour(*words)
    assert wrong.returncode == 1
    assert wrong.stderr.splitlines() == [
        f"{file}:2: part is 'boss'; it must be learner or instructor", "Nothing was done.",
    ]  # fmt: skip
    assert parlour("cohort", "export", "None", "--data", data).returncode == 1
