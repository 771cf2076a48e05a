"""Words found in what was said and in titles, only where one may read (Glow 1.1 and 10.1)."""

from typing import Any

import pytest

from tests.wire.house import House
from tests.wire.http_client import Http

SEARCH = "/api/v1/search"


def http(house: House, user_id: str = "learner") -> Http:
    return Http(house.url, house.site.token(user_id))  # floods are counted by token


async def said(house: House, *texts: str, practice: str = "practice-single") -> Any:
    """An attempt in which this was said and answered: its ids and those of the learner's messages."""
    async with http(house) as client:
        attempt, chat = await client.start(house.site.practices[practice])
        messages = [
            (
                await client.ok(
                    "attempt/message",
                    {"attempt_id": attempt, "chat_id": chat, "message": text},
                    headers={"prefer": "wait=20"},
                )
            )["user_message_id"]
            for text in texts
        ]
        return attempt, chat, messages


async def hits(house: House, words: str, user_id: str = "learner", **params: Any) -> Any:
    async with http(house, user_id) as client:
        answer = await client.io.get(SEARCH, params={"q": words, **params})
        assert answer.status_code == 200, answer.text
        return answer.json()


async def test_a_hit_names_its_place_and_shows_the_words(house: House) -> None:
    attempt, chat, (message,) = await said(house, f"{'Well. ' * 100}The Quokka sits. {'So. ' * 100}")
    (hit,) = (await hits(house, "quokka SITS", limit=1))["items"]
    assert (hit["attempt_id"], hit["chat_id"], hit["message_id"]) == (attempt, chat, message)
    assert (hit["title"], hit["profile_name"]) == ("One", "Learner")
    assert hit["snippet"][hit["match_start"] : hit["match_end"]] == "Quokka sits"
    assert hit["snippet"].startswith("…")
    assert hit["snippet"].endswith("…")
    assert len(hit["snippet"]) <= 242
    assert hit["created_at"].endswith("Z")


@pytest.mark.parametrize("words", ["50%_off!", "it's; DROP", "\\ back", '"quoted"', "ümläut", "a.c*d"])
async def test_words_are_taken_letter_by_letter(house: House, words: str) -> None:
    attempt, _, (plain, _) = await said(house, f"So {words} then", "So 50x-off it-s abcd")
    found = (await hits(house, words))["items"]
    assert [hit["message_id"] for hit in found if hit["attempt_id"] == attempt] == [plain]
    assert all(hit["snippet"][hit["match_start"] : hit["match_end"]] == words for hit in found)


@pytest.mark.case(17)
async def test_only_what_one_may_read_is_found(house: House) -> None:
    attempt, *_ = await said(house, "The zebrafish is mine")
    for user_id, sees in {
        "learner": True, "instructor": True, "admin": True, "root": True, "fellow": False, "outsider": False,
        "peer": False,
    }.items():  # fmt: skip
        page = await hits(house, "zebrafish", user_id, limit=100)
        assert (attempt in [hit["attempt_id"] for hit in page["items"]]) is sees, user_id
        assert sees or page == {"items": [], "next_cursor": None}


async def test_titles_and_names_are_found(house: House) -> None:
    attempt, chat, _ = await said(house, "Hello", practice="Practice: office hours")
    async with http(house) as client:
        detail = (await client.io.get(f"/api/v1/attempts/{attempt}")).json()
    title, name = detail["entries"]["attempt_chat"][0]["title"], detail["simulation"]["name"]
    titles = [hit for hit in (await hits(house, title, limit=100))["items"] if hit["message_id"] is None]
    assert (attempt, chat) in [(hit["attempt_id"], hit["chat_id"]) for hit in titles]
    names = [hit for hit in (await hits(house, name, limit=100))["items"] if hit["chat_id"] is None]
    assert attempt in [hit["attempt_id"] for hit in names]
    assert all(hit["title"] == hit["snippet"] == name for hit in names)


async def test_pages_are_newest_first_without_a_hole_or_a_repetition(house: House) -> None:
    *_, first = await said(house, "narwhal one", "narwhal two")
    *_, second = await said(house, "narwhal three", practice="practice-pair")
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = await hits(house, "narwhal", limit=1, **({"cursor": cursor} if cursor else {}))
        found += [hit["message_id"] for hit in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    learners = [message for message in found if message in (*first, *second)]
    assert learners == [*second, *reversed(first)]
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("params", "member"),
    [
        ({}, "q"), ({"q": "x"}, "q"), ({"q": "  x  "}, "q"), ({"q": "x" * 201}, "q"), ({"q": "a\0b"}, ""),
        ({"q": "ab", "limit": "0"}, "limit"), ({"q": "ab", "limit": "101"}, "limit"),
        ({"q": "ab", "cursor": "x"}, "cursor"),
    ],
)  # fmt: skip
async def test_wrong_parameters_are_refused(house: House, params: dict[str, str], member: str) -> None:
    async with http(house) as client:
        answer = await client.io.get(SEARCH, params=params)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
        assert answer.json()["errors"][0]["pointer"].rpartition("/")[2] == member
