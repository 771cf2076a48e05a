"""The command line, as an operator uses it: settings, people, content and the doctor."""

import hashlib
import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import typer.core

from tests.harness.forks import forks

ROOT = Path(__file__).resolve().parents[2]
PACK = ROOT / "content" / "teaching-practice"
SECRET = "correct-horse-battery"
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("PARLOUR_")}


def parlour(*words: str | Path, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end, without a start of Python's own."""
    return forks().run([str(word) for word in words], given, {**CLEAN, "COLUMNS": "200", **environment}, seconds=100)


def started(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a shell does."""
    command = [sys.executable, "-m", "parlour", *words]
    return subprocess.run(command, capture_output=True, text=True, env={**CLEAN, "COLUMNS": "200"}, check=False)


def add(data: Path, user_id: str, *words: str) -> None:
    """Make an account with the password `SECRET`."""
    made = parlour("user", "add", user_id, *words, "--password-stdin", "--data", data, given=f"{SECRET}\n")
    assert made.returncode == 0, made.stderr


def people(data: Path) -> dict[str, dict[str, object]]:
    """What `user list` says, by user id."""
    listed = parlour("user", "list", "--json", "--data", data)
    assert listed.returncode == 0, listed.stderr
    return {line["user_id"]: line for line in map(json.loads, listed.stdout.splitlines())}


def children_seconds() -> float:
    """Seconds of a processor that programs started here have used: however busy the machine is with others."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_help_is_quick_and_names_every_command() -> None:
    took: list[float] = []
    shown = started("--help")
    for _ in range(3):
        begun = children_seconds()
        started("--help")
        took.append(children_seconds() - begun)
    names = ("serve", "demo", "user", "content", "attempts", "papers", "instruments", "experiments", "config")
    for name in (*names, "doctor", "usage", "backup", "restore"):
        assert re.search(rf"^│ {name} ", shown.stdout, re.MULTILINE), name
    assert min(took) < 1.0, took  # about 0.25 s on a quiet machine


def test_help_imports_nothing_heavy() -> None:
    program = "import sys, parlour.cli; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"fastapi", "sqlalchemy", "socketio", "pydantic", "uvicorn", "argon2", "psycopg"} & set(loaded)


def test_config_check_prints_what_holds_and_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "parlour.toml"
    file.write_text(
        "\n".join(
            (
                f'database_url = "postgresql://ada:{SECRET}@localhost/parlour"',
                "port = 9000",
                'model = "local:llama"',
                "[limits]",
                "readers = 2",
                "[[providers]]",
                'name = "local"',
                f'base_url = "http://ada:{SECRET}@127.0.0.1:1/v1?key={SECRET}"',
                f'api_key = "{SECRET}"',
            )
        )
    )
    shown = parlour("config", "check", "--config", file, PARLOUR_PORT="9001", PARLOUR_PROT="1")
    assert shown.returncode == 0, shown.stderr
    assert "port = 9001\n" in shown.stdout
    assert "limits.readers = 2\n" in shown.stdout
    assert 'host = "127.0.0.1"  # default' in shown.stdout
    assert "PARLOUR_PROT: no such setting" in shown.stderr
    as_json = parlour("config", "check", "--json", PARLOUR_CONFIG=str(file))
    assert json.loads(as_json.stdout)["providers"][0]["base_url"] == "http://127.0.0.1:1/v1"
    assert SECRET not in shown.stdout + shown.stderr + as_json.stdout + as_json.stderr


def test_config_check_names_every_wrong_setting_and_why(tmp_path: Path) -> None:
    file = tmp_path / "parlour.toml"
    file.write_text(f'prot = 1\nbase_path = "{SECRET}"\n[limits]\nreaders = 0\n')
    shown = parlour("config", "check", "--config", file, PARLOUR_PORT=SECRET)
    assert shown.returncode == 1
    named = {line.split(":")[0].split(" ")[0]: line for line in shown.stderr.splitlines()}
    assert set(named) == {"prot", "base_path", "limits.readers", "port"}
    assert "no such setting" in named["prot"]
    assert "PARLOUR_PORT" in named["port"]
    assert SECRET not in shown.stdout + shown.stderr


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"PARLOUR_DATABASE_URL": f"mysql://{SECRET}@localhost/x"}, "database_url"),
        (
            {f"PARLOUR_{name}": "nowhere:model" for name in ("MODEL", "AUTHORING__MODEL", "LAB__MODEL")},
            "(PARLOUR_MODEL) authoring.model lab.model",
        ),
        ({"PARLOUR_TIMEZONE": "Moon/Sea"}, "timezone"),
        ({"PARLOUR_PROVIDERS": f"[{SECRET}"}, "providers"),
        ({"PARLOUR_PROVIDERS": '[{"name": "local"}]'}, "base_url"),
    ],
)
def test_a_server_does_not_start_with_settings_that_cannot_work(
    environment: dict[str, str], named: str, tmp_path: Path
) -> None:
    refused = parlour("serve", "--data", tmp_path / "data", **environment)
    assert refused.returncode == 1
    assert all(each in refused.stderr for each in named.split())
    assert "Traceback" not in refused.stderr
    assert SECRET not in refused.stderr


def test_people_are_added_listed_and_given_tokens(tmp_path: Path) -> None:
    add(tmp_path, "ada", "--name", "Ada [red]", "--role", "superadmin", "--department", "One", "--department", "Two")
    found = people(tmp_path)
    assert found["ada"]["role"] == "superadmin"
    assert found["ada"]["active"] is True
    assert "Ada [red]" in parlour("user", "list", "--data", tmp_path).stdout

    given = parlour("user", "token", "ada", "--data", tmp_path)
    assert re.fullmatch(r"[A-Za-z0-9_-]{40,}\n", given.stdout)
    for file in tmp_path.iterdir():
        assert given.stdout.strip().encode() not in file.read_bytes(), file.name
        assert SECRET.encode() not in file.read_bytes(), file.name

    ended = parlour("user", "deactivate", "ADA", "--data", tmp_path)
    assert ended.stdout == "ada is deactivated.\n"
    assert people(tmp_path)["ada"]["active"] is False
    refused = parlour("user", "token", "ada", "--data", tmp_path)
    assert (refused.returncode, refused.stdout, refused.stderr) == (1, "", "This account is disabled.\n")


@pytest.mark.parametrize(
    ("words", "given", "said"),
    [
        (("user", "add", "ada", "--password-stdin"), "short\n", "A password has 8 to 256 characters.\n"),
        (("user", "add", "a/b", "--no-password"), "", "A user id has 1 to 64 letters"),
        (("user", "password", "nobody", "--password-stdin"), "", "There is no database at"),
        (("user", "list"), "", "There is no database at"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    words: tuple[str, ...], given: str, said: str, tmp_path: Path
) -> None:
    refused = parlour(*words, "--data", tmp_path, given=given)
    assert refused.returncode == 1
    assert refused.stderr.startswith(said)
    assert "Traceback" not in refused.stderr


def test_content_is_imported_whole(tmp_path: Path) -> None:
    from parlour.catalog.bundles import load_bundle

    for user_id in ("learner", "instructor"):
        made = parlour("user", "add", user_id, "--no-password", "--data", tmp_path)
        assert made.returncode == 0, made.stderr
    first = parlour("content", "import", PACK, "--data", tmp_path)
    assert first.returncode == 0, first.stderr
    bundle = load_bundle(PACK)
    assert re.search(rf"scenarios +│ {len(bundle.scenarios)} ", first.stdout)
    assert re.search(rf"files +│ {len(bundle.assets)} ", first.stdout)
    kept = {path.name for path in (tmp_path / "files").rglob("*") if path.is_file()}
    assert kept == {hashlib.sha256(path.read_bytes()).hexdigest() for path in (PACK / "media").iterdir()}
    again = parlour("content", "import", PACK, "--data", tmp_path)
    assert re.search(r"new versions +│ 0 ", again.stdout)


def test_a_broken_bundle_is_refused_with_every_file_and_line(tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    shutil.copytree(PACK, pack)
    personas = pack / "personas.yaml"
    personas.write_text(personas.read_text() + "  broken:\n    colour: red\n")
    lines = len(personas.read_text().splitlines())
    simulations = pack / "simulations.yaml"
    simulations.write_text(simulations.read_text().replace("recursion", "recursoin"))
    refused = parlour("content", "import", pack, "--data", tmp_path / "data")
    assert refused.returncode == 1
    assert re.search(rf"^{re.escape(str(personas))}:({lines}|{lines - 1}): ", refused.stderr, re.MULTILINE)
    assert re.search(rf"^{re.escape(str(simulations))}:\d+: .*recursoin", refused.stderr, re.MULTILINE)
    assert refused.stderr.endswith("errors; nothing was imported.\n")
    assert not (tmp_path / "data").exists()


def test_content_for_people_who_are_not_there_is_refused_by_line(tmp_path: Path) -> None:
    refused = parlour("content", "import", PACK, "--data", tmp_path)
    assert refused.returncode == 1
    assert re.search(r"cohort\.yaml:\d+: there is no account with the user id 'learner'", refused.stderr)


def test_the_doctor_finds_a_fresh_machine_fit(tmp_path: Path) -> None:
    fresh = parlour("doctor", "--json", "--data", tmp_path / "data")
    assert fresh.returncode == 0
    assert not (tmp_path / "data").exists()
    add(tmp_path / "data", "ada")
    used = json.loads(parlour("doctor", "--json", "--data", tmp_path / "data").stdout)
    found = {check["check"]: check["state"] for check in used["checks"]}
    speech = {found.pop(name) for name in ("speech in", "speech out", "recordings")}
    assert speech <= {"ok", "note"}  # what is not installed is worth knowing, not wrong
    assert found == {
        "python": "ok",
        "sqlite": "ok",
        "data folder": "ok",
        "database": "ok",
        "clock": "ok",
        "jobs": "ok",
        "models": "note",
    }


def test_the_doctor_says_what_is_wrong_without_a_secret(tmp_path: Path) -> None:
    shown = parlour(
        "doctor",
        "--data",
        tmp_path,
        PARLOUR_DATABASE_URL=f"postgresql://ada:{SECRET}@127.0.0.1:1/parlour",
        PARLOUR_PROVIDERS=f'[{{"name": "local", "base_url": "http://127.0.0.1:1/v1", "api_key": "{SECRET}"}}]',
    )
    assert shown.returncode == 1
    assert re.search(r"database +│ wrong", shown.stdout)
    assert re.search(r"models of local +│ wrong", shown.stdout)
    assert SECRET not in shown.stdout + shown.stderr
    assert "Traceback" not in shown.stderr


def test_the_reference_names_every_setting_with_its_default() -> None:
    from parlour.settings import Settings
    from parlour.settings.lab import Arxiv, Lab, LabLimits, McpServer, ToolRule
    from parlour.settings.limits import Limits
    from parlour.settings.services import Oidc, Provider

    page = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    named = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", page, re.MULTILINE))
    groups = (Settings, Provider, Oidc, Limits, Lab, LabLimits, McpServer, ToolRule, Arxiv)
    assert set(named) == {name for group in groups for name in group.model_fields} - {"limits"}
    numbers = {name: str(f.default) for group in (Limits, LabLimits) for name, f in group.model_fields.items()}
    assert {name: named[name] for name in numbers} == {name: text.removesuffix(".0") for name, text in numbers.items()}


def test_the_reference_names_every_command_and_option() -> None:
    from parlour.cli.root import app

    page = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    commands = list(commands_of(typer.main.get_command(app), "parlour"))
    assert len(commands) == 42
    for path, options in commands:
        assert path in page or path.removeprefix("parlour ") in page, path
        for option in options:
            assert option in page, f"{path} {option}"


def commands_of(found: Any, path: str) -> Iterator[tuple[str, list[str]]]:
    """Every command that does something, and its options."""
    if isinstance(found, typer.core.TyperGroup):
        for name, inner in found.commands.items():
            yield from commands_of(inner, f"{path} {name}")
    else:
        yield path, [option for parameter in found.params for option in parameter.opts if option.startswith("--")]


def test_people_join_and_leave_cohorts_beside_a_server(tmp_path: Path) -> None:
    for user_id in ("learner", "instructor", "newcomer"):
        add(tmp_path, user_id)
    assert parlour("content", "import", PACK, "--data", tmp_path).returncode == 0

    def cohorts() -> list[dict[str, Any]]:
        listed = parlour("cohort", "list", "--json", "--data", tmp_path)
        return [json.loads(line) for line in listed.stdout.splitlines()]

    [cohort] = cohorts()
    assert (cohort["learners"], cohort["instructors"]) == (["learner"], ["instructor"])
    for named in (cohort["name"], cohort["cohort_id"]):
        done = parlour("cohort", "add", named, "newcomer", "--data", tmp_path)
        assert done.returncode == 0, done.stderr
    assert "already" in done.stdout
    assert cohorts()[0]["learners"] == ["learner", "newcomer"]
    parlour("cohort", "add", cohort["name"], "newcomer", "--instructor", "--data", tmp_path)
    parlour("cohort", "remove", cohort["name"], "newcomer", "--data", tmp_path)
    assert (cohorts()[0]["learners"], cohorts()[0]["instructors"]) == (["learner"], ["instructor", "newcomer"])
    for words in (("nowhere", "newcomer"), (cohort["name"], "nobody")):
        wrong = parlour("cohort", "add", *words, "--data", tmp_path)
        assert (wrong.returncode, wrong.stderr.startswith("There is no ")) == (1, True)
