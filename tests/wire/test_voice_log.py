"""Speech in a room's log: what was understood bit by bit becomes one entry after a day (Glow 5.2, 9.2)."""

import pytest

from parlour.conversations.compacting import compact_speech
from parlour.conversations.facts import LearnerMessageAdded, SpeechDropped, SpeechHeard, SpeechStarted, TextAdded
from parlour.conversations.rooms import chat_room
from parlour.kernel.ids import ChatId, MessageId
from parlour.storage.tx import Tx
from tests.harness.dialects import check_event
from tests.harness.site import Site
from tests.harness.socket import Client
from tests.wire.test_compaction import DAY, age, everything, opened, told, without_hole

RUNNING = ("What", "What have", "What have you", "What have you tried?")


def speak(site: Site, chat: str, number: int, *, words: bool, between: bool = False) -> str:
    """An utterance as a session announces it: its item id."""
    item = f"0192a0aa-1111-7222-8333-{number:012d}"
    message_id, chat_id = MessageId(item.replace("8333", "9333")), ChatId(chat)

    def announce(tx: Tx) -> None:
        room = [chat_room(chat_id)]
        tx.announce(room, SpeechStarted(chat_id=chat_id, message_id=message_id, item_id=item, created_at=tx.now_ms))
        for place, text in enumerate(RUNNING):
            heard = SpeechHeard(chat_id=chat_id, message_id=message_id, item_id=item, transcript=text)
            tx.announce(room, heard)
            if between and place == 1:
                other = TextAdded(chat_id=chat_id, message_id=message_id, text="x", persona_id=None, content_idx=0)
                tx.announce(room, other)
        if words:
            said = LearnerMessageAdded(
                chat_id=chat_id,
                message_id=message_id,
                content=RUNNING[-1],
                created_at=tx.now_ms,
                item_id=item,
                persona_id=None,
                parent_message_id=None,
            )
            tx.announce(room, said)
        else:
            dropped = SpeechDropped(chat_id=chat_id, message_id=message_id, item_id=item, created_at=tx.now_ms)
            tx.announce(room, dropped)

    site.write(announce)
    return item


async def compacted(site: Site) -> int:
    """Compact what was said a day ago; how many utterances."""
    async with opened(site) as database:
        return await compact_speech(database, DAY)


@pytest.mark.case(50)
async def test_what_was_understood_a_day_ago_is_one_entry_and_there_is_no_hole(own: Site) -> None:
    token, process = own.tokens["learner"], own.start()
    async with Client(process.url, token) as client:
        _, chat = await client.start_practice(own.practices["practice-nothints"])
    said, dropped = speak(own, chat, 1, words=True), speak(own, chat, 2, words=False)
    torn = speak(own, chat, 3, words=True, between=True)
    assert await compacted(own) == 0
    age(own, DAY + 60)
    young = speak(own, chat, 4, words=True)
    assert await compacted(own) == 2
    assert await compacted(own) == 0
    after = await everything(process.url, token, chat)
    assert without_hole([(0, 0), *told(after)])
    for packet in after:
        check_event(packet.name, packet.payload)
    deltas = {
        item: [p.payload for p in after if p.name == "attempt_user_delta" and p.payload["item_id"] == item]
        for item in (said, dropped, torn, young)
    }
    assert [len(deltas[item]) for item in (said, dropped, torn, young)] == [1, 1, len(RUNNING), len(RUNNING)]
    assert all(each[-1]["transcript"] == RUNNING[-1] for each in deltas.values())
    assert deltas[said][0]["_meta"]["from"] == deltas[said][0]["_meta"]["seq"] - len(RUNNING) + 1
    closed = {p.payload["item_id"]: p.payload["content"] for p in after if p.name == "attempt_user_complete"}
    assert closed == {said: RUNNING[-1], dropped: "", torn: RUNNING[-1], young: RUNNING[-1]}
