"""Opening a chat of an attempt (Glow 6.1.6 and 6.1.8)."""

from parlour.attempts.advance import Open
from parlour.attempts.entities import Attempt
from parlour.catalog import actions as catalog
from parlour.catalog.entities import Material, Reference
from parlour.conversations import actions as conversations
from parlour.conversations.entities import Chat, Snapshot
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import ChatId
from parlour.kernel.refusals import not_found
from parlour.storage.tx import Tx

EXPIRE = "attempts.expire"


@dataclass(frozen=True, kw_only=True, slots=True)
class Expire:
    """The job that closes a chat when its time is up."""

    chat_id: ChatId


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnMaterial:
    """What a draft or a generation made for one chat alone; the group of the generation, if there was one."""

    material: Material
    group_id: str | None


def open_chat(tx: Tx, attempt: Attempt, step: Open, own: OwnMaterial | None = None) -> Chat:
    """Store a chat with what it needs for good, and start its clock."""
    template = step.template
    scenario = catalog.scenario_version(tx, template.scenario_id, template.scenario_version)
    if scenario is None:
        raise not_found("Scenario")
    limit = template.time_limit
    chat = Chat(
        id=ChatId(tx.new_id()),
        attempt_id=attempt.id,
        account_id=attempt.account_id,
        chat_entry_id=template.id,
        pass_number=step.pass_number,
        position=template.position,
        title=(own.material.scenario.name if own else "") or template.name or scenario.name,
        group_id=(own.group_id if own else None) or tx.new_id(),
        state="open",
        completion=None,
        snapshot=Snapshot(
            template=template,
            scenario=Reference(id=scenario.id, version=scenario.version),
            rubric=Reference(id=template.rubric_id, version=template.rubric_version or 0)
            if template.rubric_id
            else None,
            personas=catalog.newest(tx, scenario.persona_ids),
            documents=catalog.newest(tx, scenario.document_ids),
            practice=attempt.practice,
            material=own.material if own else None,
        ),
        source_chat_id=None,
        created_at=tx.now_ms,
        expires_at=tx.now_ms + limit * 1000 if limit is not None and not template.negative_time else None,
        completed_at=None,
    )
    conversations.open_chat(tx, chat)
    if chat.expires_at is not None and limit is not None:
        tx.enqueue(EXPIRE, Expire(chat_id=chat.id), delay_seconds=limit)
    return chat
