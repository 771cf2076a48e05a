"""A client in the field (FC): it sends no credential, does not await its POSTs and polls at once."""

import asyncio

import pytest

from tests.lab.field import FieldClient
from tests.lab.house import LabHouse, sign_up


@pytest.mark.lab("A9", "B1")
@pytest.mark.parametrize("user_id", ["ada lovelace", "李雷"])
async def test_a_client_in_the_field_says_something_and_polls_until_it_is_answered(
    trusting: LabHouse, user_id: str
) -> None:
    await sign_up(trusting.url, user_id)
    async with FieldClient(trusting.url, user_id) as client:
        reply = await client.ask("What time is it?")
        assert (reply["error"], reply["inner_chat"]) == (None, False)
        assert reply["reply_text"].strip()
        accepted = await asyncio.gather(*client.posts)
        assert [(answer.status_code, answer.json()) for answer in accepted] == [(200, None)]
        assert (await client.get())["valid"] is False
