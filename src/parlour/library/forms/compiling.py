"""Building any artifact from its values, and what keeps it from being built."""

from collections.abc import Collection, Iterator, Mapping

from parlour.catalog import authored
from parlour.catalog.anchors import Anchors
from parlour.catalog.entities import Cohort, Kind
from parlour.catalog.records import Record
from parlour.drafts.artifacts import draft_types
from parlour.drafts.values import Values
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.library import access, media
from parlour.library.checks.findings import Finding
from parlour.library.forms import cohorts, documents, evals, personas, records, rubrics, scenarios, simulations
from parlour.library.forms.cells import NAME_CHARS_MAX, Form, Link, Nested
from parlour.library.forms.cohorts import CohortPlan
from parlour.library.forms.people import without_user_ids
from parlour.library.forms.reading import title, values_of
from parlour.library.forms.records import without_secrets
from parlour.storage.tx import Tx

KIND_WORDS: Mapping[str, str] = {"profile": "person", "upload": "file", "eval": "evaluation"}
PLAYED = frozenset({"persona", "document", "scenario", "rubric"})  # what tests and tries read besides the artifact


@dataclass(frozen=True, kw_only=True, slots=True)
class Compiling:
    """Values that are to become an artifact. `artifact_id`: its id, also of one that does not exist yet.

    `actor`: whoever builds it, with whose rights it names others, besides what its newest version names already.
    `draft_id`: of the draft that says so, if one.
    """

    actor: Actor
    artifact_type: str
    artifact_id: str
    values: Values
    draft_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Compiled:
    """An artifact that was built. With an error among `findings` it may not be published.

    `content` is an entity of the catalogue (a `Record` for everything without a kind of its own); `values` are those
    to keep: without secrets. `nested` artifacts are to be published first. `plan`: of a cohort; `anchors`: of a
    rubric.
    """

    kind: Kind
    name: str
    content: object
    search: str
    department_ids: tuple[str, ...]
    values: Values
    nested: tuple[Nested, ...] = ()
    findings: tuple[Finding, ...] = ()
    plan: CohortPlan | None = None
    anchors: Anchors | None = None


def compiled(tx: Tx, wanted: Compiling) -> Compiled:
    """Build an artifact from values. It never raises for what is wrong with them: it says it."""
    form = Form(tx=tx, actor=wanted.actor, artifact_id=wanted.artifact_id, values=wanted.values)
    for type_name in wanted.values.keys() - set(draft_types(wanted.artifact_type)):
        form.wrong(type_name, None, None, f"A {wanted.artifact_type} has no values of this type.")
    kind, content = _built(form, wanted.artifact_type)
    plan = cohorts.plan(form, content) if isinstance(content, Cohort) else None
    anchors = rubrics.anchors(form) if kind == "rubric" else None
    if len(title(wanted.values)) > NAME_CHARS_MAX:
        form.one("names", "name", most=NAME_CHARS_MAX)
    _check_links(form, wanted)
    kept = {
        name: tuple(without_secrets(name, each) for each in found) for name, found in wanted.values.items() if found
    }
    return Compiled(
        kind=kind,
        name=title(wanted.values) or (content.name if isinstance(content, Record) else ""),
        content=content,
        search="\n".join(_words(wanted.values)),
        department_ids=tuple(each.id for each in wanted.values.get("departments", ()) if each.linked),
        values=without_user_ids(kept),
        nested=tuple(form.nested),
        findings=tuple(dict.fromkeys(form.findings)),
        plan=plan,
        anchors=anchors,
    )


def _built(form: Form, artifact_type: str) -> tuple[Kind, object]:
    """The entity that values describe, and its kind in the catalogue."""
    match artifact_type:
        case "persona":
            return "persona", personas.compiled(form)
        case "scenario":
            return "scenario", scenarios.compiled(form)
        case "rubric":
            return "rubric", rubrics.compiled(form)
        case "simulation":
            return "simulation", simulations.compiled(form)
        case "cohort":
            return "cohort", cohorts.compiled(form)
        case "document":
            return "document", documents.compiled(form)
        case "eval":
            return "eval", evals.compiled(form)
        case _:
            return "record", records.compiled(form, artifact_type)


def _words(values: Values) -> Iterator[str]:
    for type_name, field_name in (("descriptions", "description"), ("problem_statements", "problem_statement")):
        for value in values.get(type_name, ()):
            text = value.fields.get(field_name)
            if isinstance(text, str):
                yield text


def _check_links(form: Form, wanted: Compiling) -> None:
    known = _linked_before(wanted, form)
    borrowed = {(name, value.id) for name, found in wanted.values.items() for value in found if value.borrowed}
    for link in form.links:
        word = KIND_WORDS.get(link.artifact_type, link.artifact_type)
        usable = _may_use(form.tx, wanted, link)
        if (link.artifact_type, link.id) in known:
            if not usable and link.artifact_type in PLAYED:
                form.findings.append(_gone(link, word))
        elif not usable or (link.type, link.value_id) in borrowed:
            form.wrong(link.type, link.value_id, link.field, f"There is no such {word}.", "form.unknown_link")


def _gone(link: Link, word: str) -> Finding:
    """That something the artifact has named all along cannot be looked at here; it may stay."""
    return Finding(
        code="form.gone",
        severity="warning",
        message=f"This {word} is not there any more. Tests and tries leave it out.",
        advice="Take it out, or leave it to somebody who may read it.",
        type=link.type,
        value_id=link.value_id,
        field=link.field,
    )


def _linked_before(wanted: Compiling, form: Form) -> Collection[tuple[str, str]]:
    """What the newest version links to already, by artifact type and id. An id that is only written there is none."""
    if access.held(form.tx, wanted.artifact_type, wanted.artifact_id) is None:
        return frozenset()
    values = values_of(form.tx, wanted.artifact_type, wanted.artifact_id)
    before = Form(tx=form.tx, actor=wanted.actor, artifact_id=wanted.artifact_id, values=values)
    _, content = _built(before, wanted.artifact_type)
    if isinstance(content, Cohort):
        cohorts.plan(before, content)
    return frozenset((link.artifact_type, link.id) for link in before.links)


def _may_use(tx: Tx, wanted: Compiling, link: Link) -> bool:
    match link.artifact_type:
        case "dialogue":
            row = authored.current(tx, link.id)
            return row is not None and row.kind == "dialogue"
        case "upload":
            return media.may_name(tx, wanted.actor, link.id, wanted.draft_id)
        case _:
            return access.may_be_named(tx, wanted.actor, link.artifact_type, link.id)
