"""The library as it is asked for and shown: what can be authored, cards, artifacts, versions."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from parlour.drafts.values import Who
from parlour.kernel.actor import Actor
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.kernel.described import described
from parlour.library import reading
from parlour.library.describing import TypeAbout
from parlour.library.differences import Change
from parlour.library.reading import Card, Person, User, Version
from parlour.library.trainings import adopting
from parlour.library.trainings.adopting import PlayedIn
from parlour.storage.tx import Tx
from parlour.wire.rest.authoring.draft_shapes import TypeName
from parlour.wire.rest.authoring.values import ValueShown, shown_values
from parlour.wire.rest.bodies import Given

SEARCH_CHARS_MAX = 200


class CardsQuery(BaseModel):
    """Which artifacts are wanted. `search`: words that must all occur; `mine`: of the caller's making."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)

    type: TypeName | None = None
    search: str = Field(default="", max_length=SEARCH_CHARS_MAX)
    archived: bool = False
    mine: bool = False
    cursor: str | None = Field(default=None, max_length=reading.CURSOR_CHARS_MAX)
    limit: int = Field(default=reading.LIMIT_DEFAULT, ge=1, le=reading.LIMIT_MAX)


class Archiving(Given):
    """Whether an artifact is to be out of the library."""

    archived: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class TypesShown:
    """What can be authored, and what this server makes it with. `offline`: no model is asked, templates are varied."""

    types: Sequence[TypeAbout]
    modalities: Sequence[str]
    two_person: bool
    model: str
    offline: bool
    images: bool
    videos: bool
    audio: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class CardShown:
    """An artifact in a list. `pack`: the bundle that it came with; `draft_id`: an open draft of the caller's."""

    id: str
    type: str
    name: str
    description: str
    icon: str
    color: str
    version: int
    published_at: str | None
    published_by: Person | None
    archived: bool
    department_ids: Sequence[str]
    pack: str | None
    may_edit: bool
    draft_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CardsShown:
    """A page of artifacts, the newest first. `next_cursor` is null at the end."""

    items: Sequence[CardShown]
    next_cursor: str | None


@described
@dataclass(frozen=True, kw_only=True, slots=True)
class ArtifactShown(CardShown):
    """An artifact with the values of one version, who uses it, and the trainings that play it."""

    shown_version: int
    values: Mapping[str, Sequence[ValueShown]]
    used_by: Sequence[User]
    trainings: Sequence[PlayedIn]


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionShown:
    """One version. `by`: how many of its fields persons, models and both made."""

    version: int
    published_at: str
    published_by: Person | None
    name: str
    current: bool
    by: Mapping[Who, int]
    note: str


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionsShown:
    """The versions of an artifact, the newest first."""

    items: Sequence[VersionShown]


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangesShown:
    """What changed between two versions."""

    changes: Sequence[Change]


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingsShown:
    """The trainings that play the newest version now."""

    trainings: Sequence[PlayedIn]


def shown_card(card: Card) -> CardShown:
    """A card as it is told."""
    return CardShown(
        id=card.id,
        type=card.type,
        name=card.name,
        description=card.description,
        icon=card.icon,
        color=card.color,
        version=card.version,
        published_at=rfc3339(card.published_at) if card.published_at is not None else None,
        published_by=card.published_by,
        archived=card.archived,
        department_ids=card.department_ids,
        pack=card.pack,
        may_edit=card.may_edit,
        draft_id=card.draft_id,
    )


def shown_artifact(tx: Tx, actor: Actor, artifact_id: str, version: int | None) -> ArtifactShown:
    """An artifact as it is told to who may read it; `not_found`."""
    card = reading.card(tx, actor, artifact_id)
    values = reading.values(tx, actor, artifact_id, version)
    shown = shown_card(card)
    return ArtifactShown(
        **{name: getattr(shown, name) for name in CardShown.__dataclass_fields__},
        shown_version=version if version is not None else card.version,
        values=shown_values(tx, actor, card.type, values),
        used_by=reading.used_by(tx, actor, artifact_id),
        trainings=adopting.trainings_of(tx, actor, artifact_id),
    )


def shown_version(version: Version) -> VersionShown:
    """A version as it is told."""
    return VersionShown(
        version=version.version,
        published_at=rfc3339(version.published_at),
        published_by=version.published_by,
        name=version.name,
        current=version.current,
        by=version.by,
        note=version.note,
    )
