"""Beginning a draft: of something new, of what is published, or of an older version of it."""

from dataclasses import replace

from parlour.drafts import actions as drafts
from parlour.drafts.entities import Draft
from parlour.drafts.values import ArtifactBody, Value, Values
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import forbidden
from parlour.library import access, forms, media
from parlour.library.drafting.fields import check_artifact_type
from parlour.library.drafting.rules import DraftRules
from parlour.library.drafting.vouching import vouched
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class NewDraft:
    """What a draft is to be about. Without `artifact_id` something new; `version`: the values of an older version."""

    artifact_type: str
    artifact_id: str | None = None
    version: int | None = None


def create(tx: Tx, actor: Actor, wanted: NewDraft, rules: DraftRules) -> Draft:
    """A new draft of the actor's. Whatever version it begins from, it is to follow the newest one.

    Raises `unknown_artifact_type`, `unsupported_artifact`, `not_found`, `forbidden`, `too_many_drafts`.
    """
    check_artifact_type(wanted.artifact_type)
    if wanted.artifact_id is None:
        return create_with(tx, actor, wanted.artifact_type, {}, rules)
    access.artifact_to_edit(tx, actor, wanted.artifact_id, wanted.artifact_type)
    newest = access.newest_version(tx, wanted.artifact_type, wanted.artifact_id)
    values = forms.values_of(tx, wanted.artifact_type, wanted.artifact_id, wanted.version or newest or None)
    body = ArtifactBody(
        values=vouched(tx, actor, wanted.artifact_type, (), _fresh(values)),
        base_version=newest,
        writers=(actor.account_id,),
    )
    drafts.check_room(tx, actor.account_id, rules.drafts_max, chats=False)
    return _begun(tx, actor, (wanted.artifact_type, wanted.artifact_id), body)


def create_with(tx: Tx, actor: Actor, artifact_type: str, values: Values, rules: DraftRules) -> Draft:
    """A new draft of something new that has these values already. Raises as `create`."""
    check_artifact_type(artifact_type)
    if not access.may_create(actor, artifact_type):
        raise forbidden()
    drafts.check_room(tx, actor.account_id, rules.drafts_max, chats=False)
    body = ArtifactBody(values=vouched(tx, actor, artifact_type, (), _fresh(values)), writers=(actor.account_id,))
    return _begun(tx, actor, (artifact_type, None), body)


def _begun(tx: Tx, actor: Actor, about: tuple[str, str | None], body: ArtifactBody) -> Draft:
    draft = drafts.create_of_artifact(tx, actor.account_id, *about, body)
    media.note_drafted(tx, actor, draft, None)
    return draft


def _fresh(values: Values) -> Values:
    return {type_name: tuple(map(_first, found)) for type_name, found in values.items() if found}


def _first(value: Value) -> Value:
    return replace(value, changed=1, state="accepted")
