"""What must hold of a spoken chat, however it came about: nothing lost, nothing doubled, every thing ended once."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from parlour.conversations import actions as conversations
from parlour.conversations.entities import Message
from parlour.conversations.rooms import chat_room
from parlour.conversations.spoken import ledger, utterances
from parlour.conversations.spoken.entities import Heard, Utterance
from parlour.events import log
from parlour.events.facts import fact_of
from parlour.kernel.ids import ChatId
from parlour.storage.tx import Tx

ENDED = ("said", "blank", "failed")
FACTS_MAX = 100_000


def facts_of(tx: Tx, chat_id: ChatId) -> list[Any]:
    """What the chat's room was told."""
    return [fact_of(event) for event in log.of_rooms(tx, [chat_room(chat_id)], 0, log.head(tx), FACTS_MAX)]


def unsettled(tx: Tx, chat_id: ChatId) -> list[str]:
    """What has not ended yet."""
    found = [f"utterance {each.id} {each.state}" for each in utterances.of_chat(tx, chat_id) if each.state not in ENDED]
    found += [f"reply {each.id}" for each in conversations.messages(tx, chat_id) if each.state == "streaming"]
    return found + [f"ledger {each.message_id}" for each in ledger.of_chat(tx, chat_id) if each.state == "speaking"]


def wrongs(tx: Tx, chat_id: ChatId) -> list[str]:
    """What is wrong with a chat in which everything has ended."""
    facts = facts_of(tx, chat_id)
    messages = conversations.messages(tx, chat_id)
    spoken = utterances.of_chat(tx, chat_id)
    return [
        *unsettled(tx, chat_id),
        *_wrong_utterances(facts, messages, spoken),
        *_wrong_replies(facts, messages),
        *_wrong_ledger(messages, ledger.of_chat(tx, chat_id)),
    ]


def _wrong_utterances(facts: Sequence[Any], messages: Sequence[Message], spoken: Sequence[Utterance]) -> list[str]:
    begun = Counter(fact.item_id for fact in facts if type(fact).__name__ == "SpeechStarted")
    said = Counter(fact.item_id for fact in facts if type(fact).__name__ == "LearnerMessageAdded" and fact.item_id)
    dropped = Counter(fact.item_id for fact in facts if type(fact).__name__ == "SpeechDropped")
    by_item = {message.item_id: message for message in messages if message.item_id}
    wrong = [f"begun {count} times: {item}" for item, count in begun.items() if count != 1]
    wrong += [f"ended {said[item] + dropped[item]} times: {item}" for item in begun if said[item] + dropped[item] != 1]
    if set(begun) != {each.id for each in spoken}:
        wrong.append("utterances that were not told, or told and not there")
    for each in spoken:
        message = by_item.pop(each.id, None)
        if (each.state == "said") != (message is not None) or (each.state == "said") != bool(said[each.id]):
            wrong.append(f"{each.state} with{'' if message else 'out'} a message: {each.id}")
        elif message is not None and (message.id, message.content) != (each.message_id, each.text):
            wrong.append(f"not the message of the utterance: {each.id}")
    return wrong + [f"a message of no utterance: {item}" for item in by_item]


def _wrong_replies(facts: Sequence[Any], messages: Sequence[Message]) -> list[str]:
    wrong: list[str] = []
    replies = {message.id: message for message in messages if message.type == "response"}
    started = Counter(fact.message_id for fact in facts if type(fact).__name__ == "ReplyStarted")
    ended = Counter(fact.message_id for fact in facts if type(fact).__name__ == "ReplyCompleted")
    for message_id, reply in replies.items():
        if (started[message_id], ended[message_id]) != (1, 1):
            wrong.append(f"reply begun {started[message_id]} and ended {ended[message_id]} times: {message_id}")
        if (told := joined(facts, message_id)) != reply.content:
            wrong.append(f"told {told!r}, is {reply.content!r}: {message_id}")
    queries = Counter(message.parent_id for message in replies.values())
    wrong += [f"answered {count} times: {query}" for query, count in queries.items() if count != 1]
    wrong += [f"not answered: {each.id}" for each in messages if each.type == "query" and not queries[each.id]]
    numbers = [message.number for message in messages]
    return wrong if len(set(numbers)) == len(numbers) else [*wrong, "two messages under one number"]


def _wrong_ledger(messages: Sequence[Message], replies: Sequence[Heard]) -> list[str]:
    wrong: list[str] = []
    by_id = {message.id: message for message in messages}
    for each in replies:
        content = by_id[each.message_id].content
        if not 0 <= each.heard_characters <= each.sent_characters <= len(each.text):
            wrong.append(f"heard {each.heard_characters}, sent {each.sent_characters}, made {len(each.text)}")
        if not 0 <= each.heard_ms <= each.sent_ms:
            wrong.append(f"heard {each.heard_ms} ms, sent {each.sent_ms} ms")
        if each.state in ("interrupted", "stopped") and content != each.text[: each.heard_characters]:
            wrong.append(f"{each.state}: kept {content!r}, heard {each.text[: each.heard_characters]!r}")
        if each.state == "complete" and content != each.text:
            wrong.append(f"complete: kept {content!r}, made {each.text!r}")
    return wrong


def joined(facts: Sequence[Any], message_id: str) -> str:
    """The text that the room was told of a reply, since the last reset."""
    text = ""
    for fact in facts:
        if getattr(fact, "message_id", None) == message_id:
            match type(fact).__name__:
                case "TextReset":
                    text = ""
                case "TextAdded":
                    text += fact.text
                case _:
                    continue
    return text
