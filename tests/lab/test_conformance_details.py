"""Small print of the lab protocol, sentence by sentence: what no other module looks at."""

from collections.abc import Iterator

import httpx
import pytest

from parlour.settings import Settings
from parlour.settings.lab import Lab, LabLimits
from parlour.settings.speech import Speech
from parlour.storage.tx import Tx
from tests.harness.site import Site
from tests.lab.desk import Desk, desk_on
from tests.lab.field import FieldClient
from tests.lab.house import Member, new_member, serving_here

DEFAULTS = {
    "text_chars_max": 32_000,
    "json_body_bytes_max": 1024**2,
    "json_depth_max": 32,
    "upload_bytes_max": 50 * 1024**2,
    "upload_parts_max": 32,
    "quota_bytes": 2 * 1024**3,
    "speech_bytes_max": 20 * 1024**2,
    "speech_seconds_max": 120,
    "speech_out_chars_max": 3_000,
    "extraction_cpu_seconds_max": 30,
    "extraction_seconds_max": 60,
    "extraction_memory_bytes_max": 512 * 1024**2,
    "extraction_inflated_bytes_max": 100 * 1024**2,
    "extraction_entries_max": 2_000,
    "extraction_pages_max": 2_000,
    "extraction_text_bytes_max": 20 * 1024**2,
    "queued_turns_max": 20,
    "steps_max": 12,
    "tool_seconds_max": 120,
    "tool_output_bytes_max": 64 * 1024,
    "turn_running_seconds_max": 600,
    "turn_days_max": 7,
    "question_hours_max": 72,
    "collect_rounds_max": 5,
    "questions_per_turn_max": 40,
    "model_tokens_per_turn": 60_000,
    "model_tokens_per_day": 1_000_000,
    "response_wait_seconds_max": 60,
    "long_polls_per_account_max": 8,
    "response_hold_ms": 1_500,
    "stale_reply_seconds": 120,
    "streams_per_account_max": 20,
    "requests_per_second_max": 20,
    "requests_burst_max": 100,
    "idempotency_hours": 24,
    "event_days": 30,
    "reply_days": 0,
}
TIGHT = LabLimits(json_depth_max=8, upload_parts_max=8, idempotency_hours=1, reply_days=1, response_hold_ms=0)
MUTE = Speech.model_validate({"in": "off", "out": "off"})


def path(member: Member, route: str) -> str:
    """A route of the member."""
    return f"/users/{member.user_id}/{route}"


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem."""
    return answer.status_code, answer.json()["code"]


@pytest.fixture(scope="module")
def tight(lab_site: Site) -> Iterator[Desk]:
    """A server with settings of section 15 that are not the defaults; its assistant is the test."""
    with desk_on(lab_site, lab=Lab(limits=TIGHT)) as made:
        yield made


def test_every_setting_of_section_15_has_its_default() -> None:
    limits = LabLimits()
    assert {name: getattr(limits, name) for name in DEFAULTS} == DEFAULTS
    lab = Settings().lab
    assert (lab.sign_up, lab.trust_path_user_id, lab.question_repeat, lab.reply_speech) == (
        "open",
        False,
        "always",
        "path",
    )
    assert (lab.arxiv.enabled, lab.arxiv.bytes_max) == ("auto", 50 * 1024**2)


@pytest.mark.lab("A2", "A5")
async def test_what_is_far_too_long_is_no_name_and_no_password(tight: Desk) -> None:
    name, password = "a" * 5_000, "x" * 50_000
    async with tight.http() as http:
        for route in ("log-up", "log-in"):
            for body in ({"user_id": name, "password": "correct horse"}, {"user_id": "eve", "password": password}):
                answer = await http.post(f"/accounts/{route}", json=body)
                assert (answer.status_code, answer.json()) == (200, {"user_id": None})
                assert "authorization" not in answer.headers
                assert "set-cookie" not in answer.headers
        refused = await http.post("/accounts/sign-up", json={"user_id": name, "password": "correct horse"})
        assert code(refused) == (422, "id_invalid")
        refused = await http.post("/accounts/sign-up", json={"user_id": "eve", "password": password})
        assert code(refused) == (422, "password_invalid")


@pytest.mark.lab("H8")
async def test_how_deep_json_may_be_is_a_setting(tight: Desk) -> None:
    ada = tight.member()
    async with tight.http(ada) as http:
        for depth, expected in ((7, 200), (8, 400)):
            deep = "[" * depth + "]" * depth
            body = f'{{"text": "hello", "ignored": {deep}}}'
            answer = await http.post(path(ada, "chat_text"), content=body, headers={"content-type": "application/json"})
            assert answer.status_code == expected, answer.text
    assert code(answer) == (400, "bad_request")


@pytest.mark.lab("B9", "F4")
async def test_how_many_parts_a_form_may_have_is_a_setting(tight: Desk) -> None:
    ada = tight.member()
    async with tight.http(ada) as http:
        for more, expected in ((7, 200), (8, 413)):
            parts = [(f"part{n}", (None, b"x")) for n in range(more)] + [("file", ("a.txt", b"words"))]
            answer = await http.post(path(ada, "chat_with_file"), files=parts)
            assert answer.status_code == expected, answer.text


@pytest.mark.lab("B8")
async def test_how_long_a_key_counts_is_a_setting(tight: Desk) -> None:
    ada = tight.member()
    async with tight.http(ada, headers={"idempotency-key": "k1"}) as http:
        first = await http.post(path(ada, "chat_text"), json={"text": "one"})
        again = await http.post(path(ada, "chat_text"), json={"text": "one"})
        other = await http.post(path(ada, "chat_text"), json={"text": "two"})
        assert again.headers["idempotency-replayed"] == "true"
        assert again.headers["x-message-id"] == first.headers["x-message-id"]
        assert code(other) == (409, "idempotency_conflict")
        tight.write(lambda tx: tx.run("UPDATE requests SET at = at - :ms WHERE account_id = :id", **an_hour_of(ada)))
        assert (await http.post(path(ada, "chat_text"), json={"text": "two"})).status_code == 200


def an_hour_of(member: Member) -> dict[str, object]:
    """An hour and a second, and whose."""
    return {"ms": 3_601_000, "id": member.account_id}


@pytest.mark.lab("B8", "F1")
async def test_a_download_honours_an_idempotency_key(tight: Desk) -> None:
    ada = tight.member()
    async with tight.http(ada) as http:
        for name in ("a.txt", "b.txt"):
            await http.post(path(ada, "chat_with_file"), files={"file": (name, name.encode())})
        listed = [each["handle"] for each in (await http.get(path(ada, "files"))).json()["files"]]
        keyed = {"idempotency-key": "download"}
        answers = [
            await http.post(path(ada, "files/bytes"), json={"filepath": listed[n]}, headers=keyed) for n in (0, 0, 1)
        ]
    assert [answer.status_code for answer in answers] == [200, 200, 409]
    assert answers[0].content == answers[1].content
    assert ["idempotency-replayed" in answer.headers for answer in answers] == [False, True, False]


@pytest.mark.lab("C2")
async def test_finals_older_than_reply_days_count_as_read_and_stay_readable(tight: Desk) -> None:
    ada = tight.member()
    said = tight.said(ada)
    old = tight.finished(ada, "old")
    tight.aged(old, 86_400 + 60)
    tight.said(ada)
    new = tight.finished(ada, "new")
    tight.do(lambda tx: tx.run("UPDATE lab_messages SET read_at = NULL, folded_into = NULL WHERE id = :id", id=old))
    tight.here.run(tight.parlour.laboratory.keep_house())
    async with tight.http(ada) as http:
        assert (await http.get(path(ada, "response"))).json()["message_id"] == new
        assert (await http.get(path(ada, "response"), params={"after": said.message_id})).json()["message_id"] == old


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE lab_turns SET state = 'asleep'",
        "UPDATE lab_turns SET state = 'running'",
        "UPDATE lab_messages SET kind = 'rumour'",
        "UPDATE lab_messages SET role = 'ghost'",
        "UPDATE lab_messages SET ordinal = 1",
    ],
)
def test_the_database_itself_keeps_states_and_orders(tight: Desk, change: str) -> None:
    """Uniqueness and states are enforced by the database (14)."""
    ada = tight.member()
    for _ in range(2):
        tight.said(ada)
    with pytest.raises(Exception, match=r"(?i)constraint"):
        tight.write(lambda tx: tx.run(f"{change} WHERE account_id = :id", id=ada.account_id))


@pytest.mark.lab("D1")
@pytest.mark.parametrize("answer", [[], "yes", 7, True])
async def test_an_answer_that_is_no_object_is_invalid_and_leaves_the_question_open(tight: Desk, answer: object) -> None:
    ada = tight.member()
    tight.said(ada)
    asked = tight.asked(ada)
    async with tight.http(ada) as http:
        at = path(ada, f"questions/{asked.id}")
        assert code(await http.post(f"{at}/answer", json={"answer": answer})) == (422, "answer_invalid")
        assert (await http.get(at)).json()["state"] == "open"


@pytest.mark.lab("B11")
async def test_a_trusted_client_that_sends_too_much_finds_it_in_the_mailbox(own_lab: Site) -> None:
    limits = LabLimits(requests_per_second_max=0.01, requests_burst_max=2)
    with serving_here(own_lab, lab=Lab(trust_path_user_id=True, limits=limits)) as house:
        ada = house.member()
        async with house.http() as http:
            answers = [await http.post(path(ada, "chat_text"), json={"text": "hello"}) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert int(answers[2].headers["retry-after"]) > 0

        def errors(tx: Tx) -> list[str]:
            sql = "SELECT error FROM lab_messages WHERE account_id = :id AND kind = 'final' AND error IS NOT NULL"
            return [str(row["error"]).partition(":")[0] for row in tx.all(sql, id=ada.account_id)]

        assert house.read(errors) == ["too_many_requests"]


@pytest.mark.lab("B11", "F4")
async def test_a_trusted_client_whose_file_is_far_too_large_finds_it_in_the_mailbox(own_lab: Site) -> None:
    limits = LabLimits(upload_bytes_max=1_000, speech_bytes_max=1_000)
    with serving_here(own_lab, lab=Lab(trust_path_user_id=True, limits=limits)) as house:
        ada = house.member()
        async with FieldClient(house.url, ada.user_id) as client:
            for size in (3_000, 3_000_000):
                client.send_file("large.bin", b"x" * size)
                final = await client.next_reply()
                assert (final["inner_chat"], final["error"].partition(":")[0]) == (False, "file_too_large")
            client.send_file("small.txt", b"words")
            assert (await client.next_reply())["error"] is None
        async with house.http() as http:
            refused = await http.post(path(ada, "chat_with_file"), files={"file": ("large.bin", b"x" * 3_000_000)})
            assert code(refused) == (413, "file_too_large")


@pytest.mark.lab("E12")
async def test_a_server_with_an_empty_library_and_nothing_outside_answers(own_lab: Site) -> None:
    ada = new_member(own_lab)
    lab = Lab.model_validate({"arxiv": {"base_url": "http://127.0.0.1:9", "hosts": ["127.0.0.1"]}})
    with serving_here(own_lab, lab=lab, speech=MUTE) as house:
        async with FieldClient(house.url, ada.user_id, headers=ada.headers) as client:
            found = await client.ask("Which of our papers measured contact resistance?")
            assert (found["error"], found["inner_chat"], found["references"]) == (None, False, {})
            assert "found nothing" in found["reply_text"]
            arxiv = await client.ask("search graphene on arxiv")
            assert (arxiv["error"], arxiv["inner_chat"]) == (None, False)
            assert "arXiv" in arxiv["reply_text"]
        async with house.http(ada) as http:
            told = (await http.get(path(ada, "conversation"))).json()["abilities"]
    assert (told["speech_in"], told["speech_out"], told["arxiv"], told["model"]) == (False, False, False, "embedded")


@pytest.mark.lab("G4", "G6")
async def test_without_a_voice_replies_are_whole_texts_that_say_so(own_lab: Site) -> None:
    with serving_here(own_lab, speech=MUTE) as house:
        ada = house.member()
        async with FieldClient(house.url, ada.user_id, headers=ada.headers) as client:
            question = await client.ask("create an experiment", reply_in_speech=True)
            assert question["question"]["kind"] == "collect"
            assert question["error"].startswith("speech_unavailable: ")
            assert "experiment_name" in question["reply_text"]
            final = await client.ask("forget it", reply_in_speech=True)
            assert (final["inner_chat"], final["error"].partition(":")[0]) == (False, "speech_unavailable")
            assert final["reply_text"]
            plain = await client.ask("create an experiment", reply_in_speech=True)
            assert plain["error"].startswith("speech_unavailable: ")
            plain = await client.ask("forget it", reply_in_speech=False)
            assert plain["error"] is None


@pytest.mark.lab("E13")
async def test_date_and_weekday_are_told_in_the_language_of_the_message(own_lab: Site) -> None:
    with serving_here(own_lab) as house:
        ada = house.member()
        async with FieldClient(house.url, ada.user_id, headers=ada.headers) as client:
            assert "day 20" in (await client.ask("what day is it"))["reply_text"]
            assert "星期" in (await client.ask("今天星期几"))["reply_text"]


@pytest.mark.lab("E3")
async def test_stop_at_the_first_proposal_says_that_nothing_was_looked_up(own_lab: Site) -> None:
    with serving_here(own_lab) as house:
        ada = house.member()
        async with FieldClient(house.url, ada.user_id, headers=ada.headers) as client:
            asked = await client.ask("what time is it", enable_instruct=True)
            assert asked["question"]["kind"] == "instruct"
            assert "with:" not in asked["reply_text"]
            final = await client.ask("stop")
            assert (final["inner_chat"], final["error"]) == (False, None)
            assert "stopped" in final["reply_text"]
