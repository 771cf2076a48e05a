"""`generate` (Glow 7.3): what is written into the draft of an artifact, or into that of a chat in a lobby."""

from collections.abc import Sequence

from parlour.attempts import customising
from parlour.attempts.continuing import CONTINUED, Continued
from parlour.attempts.customising import ChatAsked
from parlour.drafts.actions import Follow
from parlour.drafts.entities import Context, RunId
from parlour.library import generating
from parlour.library.generating import CHAT, Asked, Begun, Item, Named, Where
from parlour.storage.tx import Tx
from parlour.wire.glow import acks
from parlour.wire.glow.generate_payload import Generate, GenerateItem
from parlour.wire.glow.handlers import Caller, Done


def generate(tx: Tx, caller: Caller, payload: Generate) -> Done:
    """7.3."""
    begun = begin(tx, caller, payload)
    ack = acks.GenerationBegun(
        group_id=begun.group_id,
        run_id=begun.run_id,
        draft_id=begun.draft_id,
        artifact_type=begun.artifact_type,
        resource_types=list(begun.resource_types),
        ignored=list(begun.ignored),
    )
    return Done(ack=ack)


def begin(tx: Tx, caller: Caller, payload: Generate) -> Begun:
    """Begin the run that a payload asks for. Raises the refusals of 7.3."""
    named = Named(
        artifacts=_items(payload.artifact_types),
        resources=_items(payload.resource_types),
        entries=_items(payload.entry_types or ()),
    )
    asked = Asked(
        plan=generating.plan_of(named, payload.modality, caller.authoring),
        artifact_id=payload.artifact_id,
        draft_id=payload.draft_id,
        run_id=payload.run_id,
        group_id=payload.group_id,
        save=payload.save,
        instructions=tuple(payload.user_instructions or ()),
        extra=tuple(Context(role=each.role, content=each.content) for each in payload.extra_messages or ()),
        metadata=payload.metadata or {},
    )
    if asked.plan.artifact_type == CHAT:
        return _begin_of_chat(tx, caller, asked)
    return generating.begin(tx, caller.actor, asked, caller.authoring)


def _begin_of_chat(tx: Tx, caller: Caller, asked: Asked) -> Begun:
    """For teaching staff, and for the owner of an attempt in the lobby, who sees no secrets (6.5).

    With `save` and an attempt that waits for it the chat opens when everything is made (7.3.8).
    """
    wanted = ChatAsked(template_id=asked.artifact_id, draft_id=asked.draft_id, attempt_id=asked.attempt_id)
    found = customising.draft_to_generate(tx, caller.actor, wanted)
    attempt_id = found.attempt_id

    def follow(run_id: RunId) -> Follow | None:
        if not asked.save or attempt_id is None:
            return None
        return Follow(kind=CONTINUED, body=Continued(run_id=run_id, attempt_id=attempt_id))

    where = Where(draft=found.draft, redacted=not found.teaches, attempt_id=attempt_id, follow=follow)
    return generating.begin_in(tx, caller.actor, asked, where, caller.authoring)


def _items(given: Sequence[GenerateItem]) -> tuple[Item, ...]:
    return tuple(Item(name=each.name, operation=each.operation) for each in given)
