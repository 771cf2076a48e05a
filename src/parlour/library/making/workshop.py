"""The workshop of artifacts: a `drafts.making.Workshop` for everything that authors write."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime

from parlour.accounts import actions as accounts
from parlour.catalog.filling import placeholders
from parlour.drafts import actions as drafts
from parlour.drafts.actions import GroupMessage
from parlour.drafts.entities import Draft, Run
from parlour.drafts.making import Conclusion
from parlour.drafts.values import Value, Values
from parlour.files.authored import actions as files
from parlour.files.authored.entities import MediaQuota
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Refusal
from parlour.library import access, forms
from parlour.library.checks.fields import said_names
from parlour.library.drafting.holding import may_write
from parlour.library.making import linking, saving
from parlour.library.making.bench import MEDIA, ArtifactBench, named
from parlour.library.making.keeping import Bounds
from parlour.library.making.media import NO_MEDIA, MediaMaker
from parlour.library.making.table import Candidate, Table, text_of, texts
from parlour.settings.authoring import AuthoringSettings
from parlour.storage.tx import Tx

MESSAGES_MAX = 40
EARLIER_CHARACTERS_MAX = 24_000
LINKED_MAX = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkshopNeed:
    """`model_name` is that of the settings; it is kept beside every value that it makes."""

    model_name: str
    rules: AuthoringSettings = field(default_factory=AuthoringSettings)
    media: MediaMaker = NO_MEDIA


class ArtifactWorkshop:
    """Makes the values of drafts of artifacts, and publishes them where the request says so."""

    def __init__(self, need: WorkshopNeed) -> None:
        self._need = need

    def bench(self, tx: Tx, run: Run, draft: Draft) -> ArtifactBench | None:
        """None if the run may not go on, or has nothing left to make."""
        actor = _author(tx, run, draft)
        if actor is None or run.type is None:
            return None
        rules = self._need.rules
        quota = MediaQuota(bytes_max=rules.media_total_bytes_max, files_max=rules.media_files_max)
        return ArtifactBench(
            table=_table(tx, run, draft, actor),
            model=self._need.model_name,
            bounds=Bounds(values_max=rules.values_max, bytes_max=rules.draft_bytes_max),
            media=self._need.media,
            quota=quota,
            room=files.room(tx, actor.account_id, quota) if run.type in MEDIA else 0,
        )

    def allows(self, tx: Tx, run: Run, draft: Draft) -> bool:
        """Whether who asked may still write the draft, and still make or change what it is about."""
        return _author(tx, run, draft) is not None

    def conclude(self, tx: Tx, run: Run, draft: Draft) -> Conclusion:
        """With `save` the draft is published; what keeps it from that ends the run, and the draft stays."""
        if not run.order.save:
            return Conclusion(artifact_id=draft.artifact_id)
        return saving.published(tx, run, draft, self._need.rules)


def _author(tx: Tx, run: Run, draft: Draft) -> Actor | None:
    """Who asked for the run, as long as they may write the draft, and change or make what it is about."""
    actor = accounts.actor_by_id(tx, run.account_id)
    if actor is None or draft.used_at is not None or not may_write(actor, draft):
        return None
    if draft.artifact_id is None:
        return actor if access.may_create(actor, draft.artifact_type) else None
    about = access.held(tx, draft.artifact_type, draft.artifact_id)
    return actor if about is not None and access.may_edit(actor, about) else None


def _table(tx: Tx, run: Run, draft: Draft, actor: Actor) -> Table:
    type_name = run.type or ""
    said = drafts.said_in(tx, run.group_id, MESSAGES_MAX)
    instructions = [each.content for each in said if each.run_id == run.id and each.role == "user"]
    asked = "\n".join(instructions)
    wanted = linking.target(draft.artifact_type, type_name)
    words = asked if wanted == "profile" else f"{asked}\n{texts(_all(draft))}"
    candidates = linking.candidates(tx, actor, wanted, words) if wanted else []
    needed = type_name == "parameter_fields" and draft.artifact_type == "scenario"
    return Table(
        artifact_type=draft.artifact_type,
        type=type_name,
        actor=actor,
        body=draft.artifact,
        order=run.order,
        seed=run.id,
        subject=draft.id,
        today=datetime.fromtimestamp(tx.now_ms / 1000, UTC).date().isoformat(),
        instructions=instructions,
        earlier=_earlier(said, run),
        candidates=candidates,
        linked={**_linked(tx, actor, draft), **_without_people(wanted, candidates)},
        told=_told(tx, actor, draft),
        needed=_needed(tx, actor, draft) if needed else (),
    )


def _all(draft: Draft) -> Sequence[Value]:
    return [value for values in draft.artifact.values.values() for value in values]


def _without_people(wanted: str | None, candidates: Sequence[Candidate]) -> Mapping[str, str]:
    return {} if wanted == "profile" else named(candidates)


def _linked(tx: Tx, actor: Actor, draft: Draft) -> Mapping[str, str]:
    """The names of what the draft links to, as far as who asks reads it; people have none here."""
    found: dict[str, str] = {}
    for type_name, values in draft.artifact.values.items():
        wanted = linking.target(draft.artifact_type, type_name)
        if wanted is None or wanted == "profile" or type_name in linking.PAIRS:
            continue
        for value in values[:LINKED_MAX]:
            if value.linked and access.may_be_named(tx, actor, wanted, value.id):
                found[value.id] = forms.name_of(tx, wanted, value.id) or ""
    return found


def _needed(tx: Tx, actor: Actor, draft: Draft) -> Sequence[str]:
    """The placeholders of the personas that a scenario links to, but those that a persona fills itself."""
    names: dict[str, None] = {}
    for values in _linked_values(tx, actor, draft, "persona").values():
        written = (*values.get("instructions", ()), *values.get("examples", ()))
        own = said_names(values) or frozenset()
        names |= dict.fromkeys(sorted(placeholders(texts(written)) - own))
    return list(names)


def _told(tx: Tx, actor: Actor, draft: Draft) -> Mapping[str, Mapping[str, str]]:
    """How linked personas and documents are described, and what makes a persona who it is or stands in a document."""
    found: dict[str, Mapping[str, str]] = {}
    for wanted, type_name, member in (("persona", "instructions", "template"), ("document", "texts", "text")):
        for of_id, values in _linked_values(tx, actor, draft, wanted).items():
            described = [text_of(each, "description") for each in values.get("descriptions", ())]
            written = [text_of(each, member) for each in values.get(type_name, ())]
            rows = {"description": "".join(described[:1]), type_name: "".join(written[:1])}
            found[of_id] = {name: each for name, each in rows.items() if each}
    return found


def _linked_values(tx: Tx, actor: Actor, draft: Draft, wanted: str) -> Mapping[str, Values]:
    """The newest values of the personas or documents that the draft links to, by id, as far as who asks reads them."""
    found: dict[str, Values] = {}
    for value in draft.artifact.values.get(f"{wanted}s", ())[:LINKED_MAX]:
        if value.linked and access.may_be_named(tx, actor, wanted, value.id):
            with contextlib.suppress(Refusal):  # it is gone since
                found[value.id] = forms.values_of(tx, wanted, value.id)
    return found


def _earlier(said: Sequence[GroupMessage], run: Run) -> list[Mapping[str, str]]:
    """What was said and made before in the group, and what came with the request; the newest within bounds."""
    found: list[Mapping[str, str]] = [
        {"role": each.role, "content": each.content} for each in said if each.run_id != run.id
    ]
    found += [
        {"role": each.role, "content": each.content} for each in run.order.extra if each.role in ("user", "assistant")
    ]
    kept: list[Mapping[str, str]] = []
    left = EARLIER_CHARACTERS_MAX
    for each in reversed(found):
        left -= len(each["content"])
        if left < 0:
            break
        kept.append(each)
    return kept[::-1]
