"""The practice story on PostgreSQL over two web processes and a worker; the worker is killed in the middle."""

import asyncio
from pathlib import Path

import pytest

from tests.conftest import make_site
from tests.harness.socket import Client
from tests.promises.figures import Figure
from tests.promises.nursery import Nursery
from tests.promises.test_order import seqs
from tests.promises.waiting import eventually
from tests.stories.test_practice import GOOD


@pytest.mark.promise("P3")
@pytest.mark.postgres
async def test_a_practice_over_two_web_processes_and_a_worker(
    tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = make_site("postgresql", tmp_path, request)
    practice, token = next(iter(site.practices.values())), site.tokens["learner"]
    with Nursery(site) as nursery:
        paced = {"scripted_pieces_per_second": 30}
        worker = nursery.start(only="worker", **paced)
        one, other = (nursery.start(only="web", **paced).url for _ in range(2))
        async with Client(one, token) as laptop, Client(other, token) as phone:
            attempt, chat = await laptop.start_practice(practice)
            await phone.ok("attempt_join", {"chat_id": chat, "since": 0})
            for number, text in enumerate(GOOD):
                speaker, listener = (laptop, phone) if number % 2 else (phone, laptop)
                ack = await speaker.say(attempt, chat, text)
                await listener.wait_for("attempt_assistant_complete", message_id=ack["assistant_message_id"])
            payload = {"attempt_id": attempt, "chat_id": chat, "message": "Tell me more about where you are stuck."}
            ack = await laptop.ok("attempt_message", payload)
            await laptop.wait_for("attempt_progress", message_id=ack["assistant_message_id"])
            await phone.ok("attempt_stop", {"chat_id": chat})
            stopped = await laptop.wait_for("attempt_assistant_complete", message_id=ack["assistant_message_id"])
            assert stopped["status"] == "stopped"
            ack = await phone.ok("attempt_message", payload)
            await phone.wait_for("attempt_progress", message_id=ack["assistant_message_id"])
            await asyncio.to_thread(worker.kill)
            site.lapse_leases()
            await asyncio.to_thread(nursery.start, only="worker", **paced)
            named = {"message_id": ack["assistant_message_id"]}
            whole = await laptop.wait_for("attempt_assistant_complete", **named)
            assert whole["status"] == "complete"
            pieces = [each for each in laptop.payloads("attempt_progress", **named)]
            since = max(n for n, each in enumerate(pieces) if each["content_type"] == "reset")
            assert "".join(each["content"] for each in pieces[since:]) == whole["content"]
            await laptop.ok("attempt_end", {"attempt_id": attempt, "chat_id": chat})
            grades = [await client.wait_for("attempt_graded", chat_id=chat) for client in (laptop, phone)]
            assert grades[0]["_meta"]["id"] == grades[1]["_meta"]["id"]
            head = (await phone.ok("attempt_join", {"chat_id": chat}))["seq"]
            await eventually(lambda: all(max(seqs(each, f"chat:{chat}")) >= head for each in (laptop, phone)))
        assert seqs(phone, f"chat:{chat}") == list(range(1, head + 1))
        heard = seqs(laptop, f"chat:{chat}")
        assert heard == list(range(heard[0], head + 1))
    figure(
        "P3",
        f"a practice over 2 web processes, its worker killed in the middle of an answer: {head} entries, the same for"
        " both sockets, in order, no hole; a stop through the other process",
    )
