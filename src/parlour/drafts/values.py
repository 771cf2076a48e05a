"""Drafts of what authors write: typed values, each with who made it and what it came from (Glow 1.5, Appendix A).

A draft of any artifact is a mapping from the resource types of its row in Appendix B to values. A value has the
fields of its type in Appendix A.1, and those of `artifacts.EXTENSIONS`. `library.forms` turns values into an
artifact and back.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId

Who = Literal["person", "model", "both"]
ValueState = Literal["accepted", "proposed"]
SourceKind = Literal["document", "upload", "chat"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """Words of a source that a value rests on: `text[start:end] == quote` of the source's stored text."""

    source_id: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Value:
    """One value of a type. `id` is its own; of a linked value it is that of the artifact that it names.

    `by` says for each field who made it. `proposed`: a model made it and nobody has accepted it yet. `made_by`: the
    model's name in the settings. `spans`: what it rests on; `unsupported`: it claims sources whose words are not
    there. `changed`: the version of the draft that changed it last. `borrowed`: who put it into a draft might not use
    what it names; so nobody else's rights stand in for theirs.
    """

    id: str
    fields: Mapping[str, object]
    linked: bool = False
    by: Mapping[str, Who] = field(default_factory=dict[str, Who])
    state: ValueState = "accepted"
    made_by: str | None = None
    spans: tuple[Span, ...] = ()
    unsupported: bool = False
    run_id: str | None = None
    changed: int = 1
    borrowed: bool = False


Values = Mapping[str, tuple[Value, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """What a draft is written from: a document of the catalogue, an upload, or the active path of a chat.

    `text` is what the model reads, kept as it was when it was attached, people's names left out (`chat`).
    """

    id: str
    kind: SourceKind
    of_id: str
    name: str
    text: str
    cut: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Approval:
    """That somebody else agrees to a version of a draft. `at` in milliseconds."""

    account_id: AccountId
    version: int
    at: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Review:
    """That a second person is asked to look (the two-person rule). `version`: of the draft when it was asked."""

    asked_by: AccountId
    asked_at: int
    version: int
    note: str = ""
    approvals: tuple[Approval, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ArtifactBody:
    """What is stored of a draft of an artifact.

    `touched`: for each type that a person changed, the version that did it. `replaced`: what stood there before a
    model's proposals, so that refusing them brings it back. `base_version`: the published version that it was
    copied from, 0 for none. `writers`: who has changed it; `editors`: who else may.
    """

    values: Values = field(default_factory=dict[str, tuple[Value, ...]])
    touched: Mapping[str, int] = field(default_factory=dict[str, int])
    replaced: Values = field(default_factory=dict[str, tuple[Value, ...]])
    base_version: int = 0
    writers: tuple[AccountId, ...] = ()
    editors: tuple[AccountId, ...] = ()
    sources: tuple[Source, ...] = ()
    review: Review | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What is kept beside a published version that was written here (`content_values`): the values of its draft, and
    what its author said about it.
    """

    values: Values
    note: str = ""
