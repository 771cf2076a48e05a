"""`parlour content test`: what is wrong with content, for people and for continuous integration."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parlour.cli.benchmark import bounds_of
from parlour.cli.commands import Place, Problem, command
from parlour.cli.opening import load, opened
from parlour.kernel.dataclass import dataclass

if TYPE_CHECKING:
    from parlour.library.checks.bundled import Checked
    from parlour.library.checks.trials.entities import Names, Subject
    from parlour.settings import Settings
    from parlour.storage.tx import Tx

RED, UNTESTED = 1, 2
LIGHTS = {"error": "red", "warning": "yellow", "note": "dim"}

Bundled = Annotated[
    Path | None,
    typer.Argument(
        exists=True, metavar="[PATH]", help="A bundle: a YAML file, or a folder of them.", show_default=False
    ),
]


@dataclass(frozen=True, kw_only=True)
class How:
    """What is tested, how, and where it is told."""

    draft: Annotated[str | None, typer.Option(metavar="ID", help="A draft in the database instead.")] = None
    artifact: Annotated[str | None, typer.Option(metavar="ID", help="Something published in the database.")] = None
    trials: Annotated[
        bool, typer.Option("--trials", help="Also play it with the models of the settings; this may cost something.")
    ] = False
    allow_warnings: Annotated[bool, typer.Option("--allow-warnings", help="Only errors and failed trials are red.")] = (
        False
    )
    junit: Annotated[Path | None, typer.Option(metavar="FILE", dir_okay=False, help="JUnit XML.")] = None


def add_to(app: typer.Typer) -> None:
    """Give `parlour content` this command."""
    app.command(name="test")(check_content)


@command
def check_content(how: How, place: Place, path: Bundled = None) -> None:
    """Test rubrics, personas, scenarios and the rest, before learners do.

    Exit code 0: all green. 1: something is red. 2: it could not be tested (no such thing, or a bundle with errors).
    """
    from parlour.library.checks.junit import junit

    if sum(each is not None for each in (path, how.draft, how.artifact)) != 1:
        raise Problem("Name one: a path, --draft or --artifact.", status=UNTESTED)
    settings = load(place)
    checked, subjects = _of_bundle(path, settings) if path is not None else _of_database(how, settings)
    if how.trials:
        checked = _tried(checked, subjects, settings)
    _print(checked)
    if how.junit is not None:
        title = path.name if path is not None else (how.draft or how.artifact or "")
        how.junit.write_text(junit(title, checked, warnings_fail=not how.allow_warnings), encoding="utf-8")
    red = sum(1 for each in checked if _is_red(each, allow_warnings=how.allow_warnings))
    if red:
        raise Problem(f"{red} of {len(checked)} are red.", status=RED)


def _of_bundle(path: Path, settings: "Settings") -> "tuple[Sequence[Checked], Mapping[tuple[str, str], Subject]]":
    from parlour.catalog.bundles import BundleErrors, load_bundle
    from parlour.library.checks.bundled import findings_of, subjects_of

    try:
        bundle = load_bundle(path, bounds_of(settings))
    except BundleErrors as wrong:
        root = path if path.is_dir() else path.parent
        lines = [f"{root / error.path}:{error.line}: {error.message}" for error in wrong.errors]
        raise Problem(*lines, status=UNTESTED) from None
    return findings_of(bundle), subjects_of(bundle)


def _of_database(how: How, settings: "Settings") -> "tuple[Sequence[Checked], Mapping[tuple[str, str], Subject]]":
    from parlour.drafts import actions as drafts
    from parlour.kernel.actor import Actor
    from parlour.kernel.ids import AccountId
    from parlour.library import access, forms
    from parlour.library.checks.bundled import Checked
    from parlour.library.checks.gathering import surroundings_of
    from parlour.library.checks.linting import lint
    from parlour.library.checks.trials.subjects import subject_of

    operator = Actor(account_id=AccountId(""), user_id="", role="superadmin")

    def read(tx: "Tx") -> "tuple[Checked, Subject]":
        draft = drafts.draft(tx, how.draft) if how.draft else None
        if draft is not None and draft.artifact_type != "chat":
            kind, artifact_id, values = draft.artifact_type, draft.artifact_id, draft.artifact.values
        elif how.artifact and (held := access.held(tx, None, how.artifact)) is not None:
            kind, artifact_id = held.artifact_type, how.artifact
            values = forms.values_of(tx, kind, artifact_id)
        else:
            raise Problem(f"There is no {how.draft or how.artifact}.", status=UNTESTED)
        named = artifact_id or how.draft or ""
        compiling = forms.Compiling(actor=operator, artifact_type=kind, artifact_id=named, values=values)
        found = (
            *forms.compiled(tx, compiling).findings,
            *lint(kind, values, surroundings_of(tx, kind, values, artifact_id)),
        )
        name = forms.title(values) or named
        return Checked(type=kind, id=named, name=name, findings=found), subject_of(tx, compiling)

    checked, subject = opened(settings).read_here(read)
    return [checked], {(checked.type, checked.id): subject}


def _tried(
    checked: "Sequence[Checked]", subjects: "Mapping[tuple[str, str], Subject]", settings: "Settings"
) -> "Sequence[Checked]":
    """The same with trials, which are played one after the other."""
    import asyncio

    from parlour.grading.asking import GraderLimits
    from parlour.kernel.dice import SeededDice
    from parlour.library.checks.trials.answering import Answerer, AnswererNeed
    from parlour.library.checks.trials.at_once import trials_of
    from parlour.providers.models import ProviderSpec, build_models
    from parlour.providers.models.scripted.model import ScriptedModel

    names = _names(settings)

    async def play() -> "Sequence[Checked]":
        specs = [
            ProviderSpec(name=each.name, kind=each.kind, base_url=each.base_url, api_key=each.api_key)
            for each in settings.providers
        ]
        models = build_models(specs, scripted=ScriptedModel(), dice=SeededDice())
        limits = GraderLimits(answer_seconds_max=settings.limits.grading_seconds_max)
        answerer = Answerer(AnswererNeed(model=models, names=names, limits=limits))
        try:
            return [
                replace(each, trials=await trials_of(subjects[each.type, each.id], answerer, names))
                if (each.type, each.id) in subjects
                else each
                for each in checked
            ]
        finally:
            await models.aclose()

    return asyncio.run(play())


def _names(settings: "Settings") -> "Names":
    from parlour.library.checks.trials.entities import Names

    return Names(
        speaker=settings.model,
        grader=settings.grader_model or settings.model,
        author=settings.authoring.model or settings.model,
    )


def _is_red(checked: "Checked", *, allow_warnings: bool) -> bool:
    bad = ("error",) if allow_warnings else ("error", "warning")
    return any(each.severity in bad for each in checked.findings) or any(
        each.state == "failed" for each in checked.trials
    )


def _print(checked: "Sequence[Checked]") -> None:
    from rich.console import Console
    from rich.text import Text

    from parlour.library.checks.trials.entities import titled

    console = Console(highlight=False, soft_wrap=True)
    for each in checked:
        light = "red" if _is_red(each, allow_warnings=False) else "green"
        console.print(Text.assemble((light.ljust(6), light), f"{each.type} ", (each.name, "bold")))
        for finding in each.findings:
            head = (f"    {finding.severity} ", LIGHTS[finding.severity])
            console.print(Text.assemble(head, f"{finding.code}: {finding.message} {finding.advice}"))
        for trial in each.trials:
            console.print(Text(f"    {trial.state}: {titled(trial)}. {trial.summary}"))
