"""A message that was refused leaves a reply, for clients that never look at what a POST returned (2.4)."""

from collections.abc import Mapping

from parlour.assistant.entities import Flags, LabMessageId, Language, TurnId
from parlour.assistant.messages import members, replies
from parlour.assistant.messages.replies import NewReply
from parlour.assistant.messages.turns import NewTurn
from parlour.assistant.sentences import sentence
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Tx


def refuse(tx: Tx, account_id: AccountId, code: str, titles: Mapping[Language, str], accepts: Language = "en") -> None:
    """Put a final reply with the problem's code into the mailbox, as that of a turn that never ran.

    `titles` say in each language what is wrong; `accepts` as in `Said`.
    """
    conversation_id = members.lock(tx, account_id)
    language = members.member(tx, account_id, accepts).language
    turn_id, message_id = TurnId(tx.new_id()), LabMessageId(tx.new_id())
    new = NewTurn(
        id=turn_id,
        account_id=account_id,
        conversation_id=conversation_id,
        started_by=message_id,
        ordinal=0,
        flags=Flags(),
    )
    text = sentence(language, "replies.refused", why=titles[language])
    replies.refuse(tx, new, NewReply(text=text, error=f"{code}: {titles[language]}"))
