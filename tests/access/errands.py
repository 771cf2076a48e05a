"""What walkers do beside the operations: drafts, branches, files, exports, searches, with anybody's ids."""

import asyncio
import base64
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import httpx

from parlour.kernel.decoding import decode_untyped
from parlour.wire.glow.twins import ARTIFACTS
from tests.access.world import ANSWER, UNKNOWN, UPLOAD
from tests.wire.voices import frames, spoken

Payload = dict[str, Any]
API = "/api/v1"
VOICE = "/socket/v5/client/attempt/audio_"
TYPED = "/socket/v5/client/attempt/text_frame"
FRAME_BYTES = 60_000
OPENING_TRIES = 50
FORMS = ("jsonl", "csv", "markdown", "xapi")
KEYS = ("correct_option_ids", "correctResponsesPattern")


class Known(Protocol):
    """What everybody knows of everybody."""

    attempts: list[tuple[str, str, str]]
    messages: list[str]
    lobbies: list[tuple[str, str, str]]
    drafts: list[str]
    grades: list[str]
    links: list[tuple[str, str]]
    accounts: list[str]
    secrets: dict[str, str]
    owners: dict[str, str]
    spoken: list[str]
    utterances: list[tuple[str, str]]
    recordings: list[tuple[str, str]]
    heard: list[tuple[str, str]]
    done: Counter[str]

    def learn(self, owner: str, path: str, answer: Mapping[str, Any]) -> None:
        """What an accepted command made."""
        ...


class Goer(Protocol):
    """Who goes."""

    name: str
    canary: str
    learns: bool
    sid: str
    dice: random.Random

    @property
    def pool(self) -> Known: ...

    def pair(self) -> tuple[str, str]:
        """An attempt and a chat of anybody."""
        ...

    async def ask(self, method: str, path: str, body: object = None, **params: str) -> httpx.Response:
        """Ask the server, and remember the answer."""
        ...


def answer_keys(document: object) -> Iterator[object]:
    """Every part of a document that tells which option is right."""
    if isinstance(document, dict):
        if isinstance(document.get("is_correct"), bool) and "option_text" in document:
            yield document
        yield from (document[name] for name in KEYS if document.get(name) is not None)
        for part in document.values():
            yield from answer_keys(part)
    elif isinstance(document, list):
        for part in document:
            yield from answer_keys(part)


def documents(text: str) -> Iterator[object]:
    """The JSON in an answer: all of it, or line by line, with or without `data: ` before."""
    for part in (text, *text.splitlines()):
        try:
            yield decode_untyped(part.removeprefix("data: "))
        except ValueError:
            continue
        if part is text:
            return


def chosen(goer: Goer) -> Payload:
    """An answer to the quiz of anybody's chat: a right one, a wrong one, or none of the question."""
    options = [[], ANSWER["option_ids"], [UNKNOWN], [str(ANSWER["question_id"])]]
    question = ANSWER["question_id"] if goer.dice.random() < 0.9 else UNKNOWN
    return {"question_id": question, "option_ids": goer.dice.choice([*options, ANSWER["option_ids"]])}


def lobby(goer: Goer) -> tuple[str, str]:
    """A lobby, mostly one's own, with the template that waits in it."""
    found = [each for each in goer.pool.lobbies if each[0] == goer.name and goer.dice.random() < 0.7]
    _, attempt, template = goer.dice.choice(found or goer.pool.lobbies or [("", UNKNOWN, UNKNOWN)])
    return attempt, template


async def new_draft(goer: Goer) -> httpx.Response:
    """A draft for anybody's lobby, or for a template without one."""
    attempt, template = lobby(goer)
    body = {"artifact_type": "chat", "artifact_id": template}
    made = await goer.ask("POST", "/drafts", body | ({"attempt_id": attempt} if goer.dice.random() < 0.8 else {}))
    if made.is_success:
        draft_id = made.json()["draft_id"]
        goer.pool.drafts.append(draft_id)
        goer.pool.secrets[draft_id] = goer.name
        await write_draft(goer, draft_id)
    return made


async def write_draft(goer: Goer, draft_id: str) -> httpx.Response:
    """One's own words into a draft."""
    own = goer.canary
    question = {"question_text": f"Which {own}?", "options": [{"option_text": own, "is_correct": True}] * 2}
    values = goer.dice.choice(
        [
            {"name": f"Mine {own}", "objectives": [own]},
            {"description": own, "problem_statements": [own]},
            {"questions": [question]},
        ]
    )
    version = goer.dice.choice((1, 1, 2, 3))
    return await goer.ask("PATCH", f"/drafts/{draft_id}", {"expected_version": version, "values": values})


async def drafts(goer: Goer) -> httpx.Response:
    """A draft: made, read, written, deleted, or what may be chosen for it."""
    draft_id = goer.dice.choice(goer.pool.drafts or [UNKNOWN])
    match goer.dice.randint(0, 6):
        case 0 | 1:
            return await new_draft(goer)
        case 2 | 3:
            return await goer.ask("GET", f"/drafts/{draft_id}")
        case 4:
            return await write_draft(goer, draft_id)
        case 5 if goer.dice.random() < 0.3:
            return await goer.ask("DELETE", f"/drafts/{draft_id}")
        case _:
            return await goer.ask("GET", f"/attempts/{lobby(goer)[0]}/choices")


async def branches(goer: Goer) -> httpx.Response:
    """Names, lists and pairs of branches and grades."""
    _, chat = goer.pair()
    pairs = goer.dice.choices(goer.pool.messages or [UNKNOWN], k=2)
    graded = goer.dice.choices(goer.pool.grades or [UNKNOWN], k=2)
    match goer.dice.randint(0, 4):
        case 0:
            label = {"label": goer.canary if goer.learns else "Marked"}
            return await goer.ask("PUT", f"/chats/{chat}/branches/{pairs[0]}", label)
        case 1:
            return await goer.ask("GET", f"/chats/{chat}/branches/compare", left=pairs[0], right=pairs[1])
        case 2:
            return await goer.ask("GET", f"/chats/{chat}/grades/compare", left=graded[0], right=graded[1])
        case 3:
            found = await goer.ask("GET", f"/chats/{chat}/grades", limit="2")
            if found.is_success:
                goer.pool.grades += [each["grade"]["id"] for each in found.json()["items"]]
            return found
        case _:
            return await goer.ask("GET", f"/chats/{chat}/presence")


async def files(goer: Goer) -> httpx.Response:
    """A file by its id, by a new link, by anybody's link with an other file's id."""
    match goer.dice.randint(0, 3):
        case 0:
            made = await goer.ask("GET", f"/uploads/{UPLOAD}/ticket")
            if made.is_success:
                ticket = made.json()["url"].rpartition("=")[2]
                goer.pool.links.append((goer.name, ticket))
                goer.pool.secrets[ticket.rpartition(".")[2]] = goer.name
            return made
        case 1:
            _, ticket = goer.dice.choice([each for each in goer.pool.links if each[0] == goer.name] or [("", "none")])
            return await goer.ask("GET", f"/uploads/{goer.dice.choice((UPLOAD, UNKNOWN))}", ticket=ticket)
        case 2:
            return await goer.ask("GET", f"/uploads/{UNKNOWN}")
        case _:
            return await goer.ask("GET", f"/uploads/{UPLOAD}")


async def exports(goer: Goer) -> httpx.Response:
    """An attempt, or all that one may read, as a file of any form."""
    form = goer.dice.choice(FORMS)
    if goer.dice.random() < 0.7:
        return await goer.ask("GET", f"/attempts/{goer.pair()[0]}/export", format=form)
    return await goer.ask("GET", "/attempts/export", format=form, limit=goer.dice.choice(("1", "50")))


async def searches(goer: Goer) -> httpx.Response:
    """Words of others, and what others used."""
    if goer.dice.random() < 0.3:
        person = goer.dice.choice(goer.pool.accounts)
        return await goer.ask("GET", "/usage", profile_id=person, group_by=goer.dice.choice(("day", "task", "model")))
    words = goer.dice.choice(("canary", "canary-of", "tried so far", "Access", "%%", goer.canary[:14]))
    return await goer.ask("GET", "/search", q=words, limit=goer.dice.choice(("1", "5", "100")))


async def putting_away(goer: Goer) -> httpx.Response:
    """Attempts put away, taken back, and now and then deleted."""
    attempt, _ = goer.pair()
    more, _ = goer.pair()
    away = goer.dice.random() < 0.3
    match goer.dice.randint(0, 5):
        case 0 if goer.dice.random() < 0.4:
            return await goer.ask("DELETE", f"/attempts/{attempt}")
        case 1 | 2:
            both = {"attempt_ids": [attempt, more], "is_archived": away}
            return await goer.ask("POST", "/attempts/archive", both)
        case _:
            return await goer.ask("PATCH", f"/attempts/{attempt}", {"is_archived": away})


async def twins(goer: Goer) -> httpx.Response:
    """The read models under their other paths; chats that were opened meanwhile become known."""
    path = goer.dice.choice(("attempt/get", "attempt/get", "home/get", "practice/get"))
    attempt = lobby(goer)[0] if goer.dice.random() < 0.4 else goer.pair()[0]
    found = await goer.ask("POST", ARTIFACTS + path, {"attempt_id": attempt} if path == "attempt/get" else {})
    if found.is_success and path == "attempt/get":
        whose = next((each for each in goer.pool.lobbies if each[1] == attempt), None)
        chats = found.json()["entries"]["attempt_chat"] if whose else []
        known = {each[2] for each in goer.pool.attempts}
        goer.pool.attempts += [(whose[0], attempt, each["id"]) for each in chats if whose and each["id"] not in known]
    return found


async def speech(goer: Goer) -> httpx.Response:
    """One's own words spoken in anybody's chat; what was spoken anywhere, read, heard, disputed, decided."""
    _, chat = goer.pair()
    place, item = goer.dice.choice(goer.pool.utterances or [(UNKNOWN, UNKNOWN)])
    chance = goer.dice.random()
    if chance < 0.4:
        own = [each[2] for each in goer.pool.attempts if each[0] == goer.name][-1:]
        return await speak(goer, own[0] if own and goer.dice.random() < 0.7 else chat)
    if chance < 0.65:
        return await read_speech(goer, goer.dice.choice([*goer.pool.spoken, chat]))
    if chance < 0.78:
        return await listen(goer)
    where = f"/chats/{place if goer.dice.random() < 0.9 else chat}/utterances/{item}/"
    if chance < 0.9:
        return await goer.ask("POST", where + "dispute", {"text": f"That was {goer.canary}."})
    return await goer.ask("POST", where + "decision", {"accept": goer.dice.random() < 0.5})


async def speak(goer: Goer, chat: str) -> httpx.Response:
    """A spoken turn of a session of one's own."""
    started = await goer.ask("POST", f"{VOICE}start", {"chat_id": chat}, sid=goer.sid)
    if started.is_success:
        goer.pool.spoken.append(chat)
        await type_something(goer, chat)
        for each in frames(spoken(f"I am {goer.canary} today."), FRAME_BYTES):
            sound = {"chat_id": chat, "audio": base64.b64encode(each).decode()}
            for _ in range(OPENING_TRIES):
                taken = await goer.ask("POST", f"{VOICE}frame", sound, sid=goer.sid)
                if taken.is_error or taken.json()["accepted"]:
                    break
                await asyncio.sleep(0.02)  # it is being opened
    return started


async def type_something(goer: Goer, chat: str) -> None:
    """Words that are typed in a voice session."""
    said = await goer.ask("POST", TYPED, {"chat_id": chat, "message": f"Well, {goer.canary}."}, sid=goer.sid)
    if said.is_success:
        goer.pool.learn(goer.name, "attempt/text_frame", said.json())
        goer.pool.done["attempt/text_frame"] += 1


async def read_speech(goer: Goer, chat: str) -> httpx.Response:
    """What was spoken in a chat becomes known to everybody, with its owner."""
    found = await goer.ask("GET", f"/chats/{chat}/speech")
    owner = next((each[0] for each in goer.pool.attempts if each[2] == chat), None)
    if found.is_success and owner is not None:
        for each in found.json()["utterances"]:
            goer.pool.utterances.append((chat, each["item_id"]))
            goer.pool.owners[each["item_id"]] = owner
            if each["recording"]:
                goer.pool.recordings.append((owner, each["recording"]["upload_id"]))
                goer.pool.owners[each["recording"]["upload_id"]] = owner
                await hear(goer, owner, each["recording"]["upload_id"])
    return found


async def listen(goer: Goer) -> httpx.Response:
    """Anybody's recording; who was given it is remembered."""
    owner, upload = goer.dice.choice(goer.pool.recordings or [("", UNKNOWN)])
    return await hear(goer, owner, upload)


async def hear(goer: Goer, owner: str, upload: str) -> httpx.Response:
    """A recording, or a link to it."""
    ticket = "/ticket" if goer.dice.random() < 0.2 else ""
    found = await goer.ask("GET", f"/uploads/{upload}{ticket}")
    if found.is_success:
        goer.pool.heard.append((goer.name, owner))
    return found


ERRANDS = {drafts: 6, branches: 5, files: 2, exports: 3, searches: 3, putting_away: 2, twins: 4, speech: 6}
