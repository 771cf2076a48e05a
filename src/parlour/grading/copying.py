"""A grade copied with its chat into another attempt (Glow 6.7): every reference leads into the copy."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from parlour.conversations.entities import Chat
from parlour.grading import actions, store
from parlour.grading.entities import (
    Analysis,
    Feedback,
    Grade,
    GradeRequest,
    Highlight,
    Improvement,
    Items,
    Remark,
    Replacement,
    Strength,
)
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import GradeId, MessageId
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class References:
    """What the items of a copy refer to: the new grade, and the new messages by the old ones."""

    grade_id: GradeId
    message_ids: Mapping[MessageId, MessageId]


def copy_grade(tx: Tx, source: Grade, target: Chat, message_ids: Mapping[MessageId, MessageId]) -> Grade:
    """Store a done grade of `source` with all its items for the copied chat; nothing is told of it here."""
    grade = replace(
        source,
        id=GradeId(tx.new_id()),
        chat_id=target.id,
        run_id=tx.new_id(),
        source="previous",
        source_grade_id=source.id,
        requested_by=target.account_id,
        created_at=tx.now_ms,
        done_at=tx.now_ms,
    )
    store.insert(tx, grade, GradeRequest(chat_id=target.id, requested_by=target.account_id))
    references = References(grade_id=grade.id, message_ids=message_ids)
    store.insert_items(tx, grade.id, copied_items(actions.items_of(tx, source.id), references, tx.new_id))
    return grade


def copied_items(items: Items, references: References, new_id: Callable[[], str]) -> Items:
    """The items with new ids. Words of a message that was not copied have nowhere to be: they are left out."""
    parents: dict[str, str] = {}
    remarks: list[Remark] = []
    for remark in items.remarks:
        match remark:
            case Strength() | Improvement():
                about = references.message_ids.get(remark.message_id) if remark.message_id else None
                copy = replace(remark, id=new_id(), grade_id=references.grade_id, message_id=about)
                if about is not None:
                    parents[remark.id] = copy.id
                remarks.append(copy)
            case Highlight() if remark.strength_id in parents:
                remarks.append(replace(remark, id=new_id(), strength_id=parents[remark.strength_id]))
            case Replacement() if remark.improvement_id in parents:
                remarks.append(replace(remark, id=new_id(), improvement_id=parents[remark.improvement_id]))
            case Analysis():
                remarks.append(replace(remark, id=new_id(), grade_id=references.grade_id))
            case _:
                continue
    feedbacks = tuple(_feedback(feedback, references, new_id()) for feedback in items.feedbacks)
    return Items(feedbacks=feedbacks, remarks=tuple(remarks))


def _feedback(feedback: Feedback, references: References, new_id: str) -> Feedback:
    evidence = tuple(
        replace(each, message_id=references.message_ids[each.message_id])
        for each in feedback.evidence
        if each.message_id in references.message_ids
    )
    return replace(feedback, id=new_id, grade_id=references.grade_id, evidence=evidence, unsupported=not evidence)
