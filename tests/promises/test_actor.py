"""P13: who acts is whoever the token names; other people's ids in payloads, auth data and queries count for nothing."""

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import make_site
from tests.harness.site import Site
from tests.harness.socket import Client
from tests.promises.figures import Figure
from tests.promises.nursery import Nursery

NAMES = ("profile_id", "user_id", "account_id", "actor", "learner_id", "owner_id", "role", "guest_id")


def as_if(site: Site, user_id: str) -> dict[str, Any]:
    """Every way in which a payload could claim to come from somebody else."""
    return {name: site.ids[user_id] for name in NAMES} | {"user_id": user_id, "role": "superadmin"}


@pytest.mark.promise("P13")
async def test_ids_of_other_people_in_what_is_sent_count_for_nothing(
    tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = make_site("sqlite", tmp_path, request)
    practice, owner, root = next(iter(site.practices.values())), as_if(site, "learner"), as_if(site, "root")
    refused = 0
    with Nursery(site) as nursery:
        child = nursery.start()
        async with Client(child.url, site.tokens["learner"], **root) as learner:
            confirmed = await learner.wait_for("connection_confirmed")
            assert confirmed["profile_id"] == site.ids["learner"]
            started = await learner.ok("attempt_start", {"practice_id": practice, **root})
            named = {"attempt_id": started["attempt_id"], "chat_id": started["attempt_chat_id"]}
            said = await learner.ok("attempt_message", {**named, "message": "What have you tried?", **root})
            await learner.wait_for("attempt_assistant_complete", message_id=said["assistant_message_id"])
            for user_id in ("outsider", "fellow"):
                query = "?" + "&".join(f"{name}={value}" for name, value in owner.items())
                async with Client(child.url + query, site.tokens[user_id], **owner) as stranger:
                    confirmed = await stranger.wait_for("connection_confirmed")
                    assert confirmed["profile_id"] == site.ids[user_id]
                    commands = {
                        "attempt_join": {"chat_id": named["chat_id"], "since": 0},
                        "attempt_message": {**named, "message": "I am the learner."},
                        "attempt_stop": {"chat_id": named["chat_id"]},
                        "attempt_next": {"attempt_id": named["attempt_id"]},
                        "attempt_grade": named,
                        "attempt_end": named,
                        "attempt_end_all": {"attempt_id": named["attempt_id"]},
                    }
                    for command, payload in commands.items():
                        problem = await stranger.refused(command, {**payload, **owner})
                        assert problem["code"] == "not_found", (command, problem)
                        refused += 1
                    logged = [name for name, args in stranger.heard if "seq" in args[0].get("_meta", {})]
                    assert logged == []
            again = {**named, "message": "Go on.", "client_request_id": "same"}
            await learner.ok("attempt_message", again)
            async with Client(child.url, site.tokens["fellow"]) as fellow:
                assert (await fellow.refused("attempt_message", again))["code"] == "not_found"
                refused += 1
    database = site.database()
    owners = database.read_here(lambda tx: tx.all("SELECT account_id FROM attempts"))
    assert [row["account_id"] for row in owners] == [site.ids["learner"]]
    messages = database.read_here(lambda tx: tx.all("SELECT content FROM messages WHERE type = 'query'"))
    assert [row["content"] for row in messages] == ["What have you tried?", "Go on."]
    figure("P13", f"{refused} commands under other people's ids: all refused with not_found, 0 events heard, 0 effects")
