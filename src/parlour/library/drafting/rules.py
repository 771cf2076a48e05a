"""The bounds of drafts, as the settings give them."""

from parlour.kernel.dataclass import dataclass
from parlour.settings.authoring import AuthoringSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftRules:
    """`bytes_max` is about everything in a draft but the text of its sources; `values_max` about each type.

    `two_person`: a draft is published only when somebody else than its writers has approved it.
    """

    drafts_max: int = 200
    bytes_max: int = 1024 * 1024
    values_max: int = 200
    sources_max: int = 20
    source_chars_max: int = 60_000
    two_person: bool = False


def rules_of(settings: AuthoringSettings) -> DraftRules:
    """The rules of a server."""
    return DraftRules(
        drafts_max=settings.drafts_max,
        bytes_max=settings.draft_bytes_max,
        values_max=settings.values_max,
        sources_max=settings.sources_max,
        source_chars_max=settings.source_chars_max,
        two_person=settings.two_person,
    )
