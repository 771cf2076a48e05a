"""P5: a snapshot and the events after it are a fresh snapshot, whatever is done and whenever one begins (case 116).

The daily run is short; `PARLOUR_TEST_SEQUENCES=72` does more.
"""

import asyncio
import os
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from parlour.providers.speech.scripted import silence
from parlour.wire.glow.names import EVENTS
from tests.conftest import STORES, make_site
from tests.harness.site import Site
from tests.harness.socket import Client
from tests.promises.figures import Figure
from tests.promises.nursery import Nursery
from tests.promises.reducing import Json, Picture, derived, is_seen, own_derived
from tests.wire.house import furnish
from tests.wire.test_voice_floor import hum
from tests.wire.voices import LARGE, RATE, SCRIPTED, Mouth, spoken

SEQUENCES = int(os.environ.get("PARLOUR_TEST_SEQUENCES", "48"))
AT_ONCE = 6
PIECES_PER_SECOND = 200
PEOPLE = ("learner", "crowd", "goer", "limited", "peer")
LINES = (
    "What have you tried so far?",
    "That sounds frustrating. How do you feel about it?",
    "Well done, and what happened then?",
    "Just do it again.",
)
ENTRIES = {
    "practice_id": ("practice-pair", "practice-single", "practice-quiz", "practice-nothints"),
    "home_id": ("home-pair", "home-lobby", "home-reuse", "home-ungraded"),
}


@dataclass
class Walk:
    """One learner doing one thing after another in one attempt; `counts` are the actions that were accepted."""

    seed: int
    url: str
    site: Site
    counts: Counter[str]
    attempt_id: str = ""
    chat_id: str | None = None
    dice: random.Random = field(init=False)
    talks: set[str] = field(default_factory=set)  # chats with a voice session
    joined: dict[str, int] = field(default_factory=dict)  # chats of the snapshot: where their rooms stood then

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        user_id = self.dice.choice(PEOPLE[:1] if self.seed % 3 == 0 else PEOPLE)
        self.token = self.site.tokens[user_id]

    async def run(self) -> int:
        """Act, begin to watch somewhere in between, and compare at the end: how many events were applied."""
        headers = {"authorization": f"Bearer {self.token}"}
        async with (
            Client(self.url, self.token) as actor,
            httpx.AsyncClient(base_url=self.url, headers=headers, timeout=60) as http,
        ):
            self.actor, self.http = actor, http
            await self._start()
            actions = self.dice.randint(10, 18)
            begin = self.dice.randrange(actions)
            async with Client(self.url, self.token) as watcher:
                picture = Picture(self.attempt_id)
                for number in range(actions):
                    if number == begin:
                        picture = await self._watch(watcher)
                    await self._act()
                await self._hang_up()
                await self._settled()
                fresh = await self._detail()
                await self._catch_up(watcher, fresh)
                heard: set[str] = set()
                for name, (payload, *_) in watcher.heard:
                    is_logged = "seq" in payload.get("_meta", {})
                    if is_logged and payload["_meta"]["id"] not in heard and is_seen(fresh, payload):
                        heard.add(payload["_meta"]["id"])
                        picture.hear(name, payload)
        assert picture.shown() == Picture.of(fresh).shown(), f"seed {self.seed}"
        assert own_derived(picture) == derived(fresh), f"seed {self.seed}"
        assert picture.active is fresh["is_active"]
        return picture.applied

    async def _start(self) -> None:
        kind = self.dice.choice(tuple(ENTRIES))
        known = self.site.practices if kind == "practice_id" else self.site.homes
        names = [name for name in ENTRIES[kind] if name in known]
        while not self.attempt_id:
            payload = {kind: known[self.dice.choice(names)], "infinite_mode": self.dice.random() < 0.2}
            ack = await self.actor.call("attempt_start", payload)
            if ack["ok"]:
                self.attempt_id, self.chat_id = ack["attempt_id"], ack["attempt_chat_id"]

    async def _watch(self, watcher: Client) -> Picture:
        """A snapshot, perhaps in the middle of a reply, and every chat joined from there."""
        detail = await self._detail()
        for chat in detail["entries"]["attempt_chat"]:
            room = chat["room"]
            await watcher.ok("attempt_join", {"chat_id": chat["id"], "since": room["seq"], "epoch": room["epoch"]})
            self.joined[chat["id"]] = room["seq"]
        return Picture.of(detail)

    async def _catch_up(self, watcher: Client, fresh: Json) -> None:
        """Join the chats that came later, from their beginning, and wait for what `fresh` has seen."""
        heads = {chat["id"]: chat["room"]["seq"] for chat in fresh["entries"]["attempt_chat"]}
        for chat_id in heads.keys() - self.joined.keys():
            await watcher.ok("attempt_join", {"chat_id": chat_id, "since": 0})

        def there() -> bool:
            reached: dict[str, int] = {}
            for _, (payload, *_) in watcher.heard:
                meta = payload.get("_meta", {})
                for place in (meta, *meta.get("also", ())):
                    if "seq" in place:
                        reached[place["room"]] = max(reached.get(place["room"], 0), place["seq"])
            started = watcher.payloads("attempt_chat_started", attempt_id=self.attempt_id)
            known = {event["chat_id"] for event in started} | self.joined.keys()
            copied = {chat["id"] for chat in fresh["entries"]["attempt_chat"] if chat["source_chat_id"]}
            return heads.keys() - copied <= known and all(
                max(reached.get(f"chat:{chat_id}", 0), self.joined.get(chat_id, 0)) >= head
                for chat_id, head in heads.items()
            )

        async with asyncio.timeout(60):
            while not there():  # noqa: ASYNC110 (every event may be the one)
                await asyncio.sleep(0.02)

    async def _detail(self) -> Json:
        answer = await self.http.get(f"/api/v1/attempts/{self.attempt_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def _settled(self) -> None:
        """Wait until no reply is being written and no grade is being made.

        A grade that waits behind a done one is neither in the detail nor, before it begins, told: it is in the list.
        """
        async with asyncio.timeout(60):
            while True:
                entries = (await self._detail())["entries"]
                busy = any(message["status"] == "streaming" for message in entries["attempt_message"])
                grades = [await self._grades(chat["id"]) for chat in entries["attempt_chat"]]
                if not busy and not any(each["grade"]["state"] == "pending" for found in grades for each in found):
                    return
                await asyncio.sleep(0.03)

    async def _grades(self, chat_id: str) -> list[Json]:
        answer = await self.http.get(f"/api/v1/chats/{chat_id}/grades")
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    # --- what is done ---

    async def _act(self) -> None:
        acts: dict[str, float] = {
            "say": 6, "branch": 3, "say and stop": 2, "stop": 0.5, "end": 0.8, "next": 0.7, "end all": 0.25,
            "grade": 1.5, "answer": 3, "reuse": 2, "speak": 2.5, "hum": 1, "dispute": 2.5,
        }  # fmt: skip
        (name,) = self.dice.choices(tuple(acts), tuple(acts.values()))
        act: Any = getattr(self, f"_do_{name.replace(' ', '_')}")
        if await act():
            self.counts[name] += 1

    async def _call(self, event: str, **payload: object) -> Any:
        ack = await self.actor.call(event, {"attempt_id": self.attempt_id, **payload})
        assert ack["ok"] or ack["error"]["status"] < 500, ack
        return ack

    async def _do_say(self, **more: object) -> bool:
        ack = await self._call("attempt_message", chat_id=self._chat(), message=self.dice.choice(LINES), **more)
        if ack["ok"] and self.dice.random() < 0.8:
            await self.actor.wait_for("attempt_assistant_complete", message_id=ack["assistant_message_id"])
        return ack["ok"]

    async def _do_branch(self) -> bool:
        entries = (await self._detail())["entries"]
        here = [each["id"] for each in entries["attempt_message"] if each["chat_id"] == self.chat_id]
        return await self._do_say(parent_message_id=self.dice.choice(here)) if here else False

    async def _do_say_and_stop(self) -> bool:
        ack = await self._call("attempt_message", chat_id=self._chat(), message=self.dice.choice(LINES))
        await asyncio.sleep(self.dice.random() * 0.05)
        return await self._do_stop() and ack["ok"]

    async def _do_speak(self) -> bool:
        """A spoken turn; half of the time the answer is interrupted by another one, now and then nobody waits."""
        mouth = await self._mouth()
        if mouth is None or not await self._said(mouth, self._spoken()):
            return False
        if self.dice.random() < 0.5:
            await self.actor.wait_for("attempt_assistant_audio", chat_id=mouth.chat_id)
            await self._said(mouth, self._spoken())
        if self.dice.random() < 0.8:
            await self._hang_up()
        return True

    async def _do_hum(self) -> bool:
        """Sound without words."""
        mouth = await self._mouth()
        return mouth is not None and await self._said(mouth, hum(800) + silence(1_500, rate=RATE))

    async def _do_dispute(self) -> bool:
        """The learner says that something else was said, and staff decide."""
        path = f"/api/v1/chats/{self._chat()}"
        heard = await self.http.get(path + "/speech")
        items = [each["item_id"] for each in heard.json().get("utterances", ()) if each["may_dispute"]]
        if not items:
            return False
        place = f"{path}/utterances/{self.dice.choice(items)}"
        text = f"No, I said: {self.dice.choice(LINES)}"
        disputed = await self.http.post(f"{place}/dispute", json={"text": text})
        staff = {"authorization": f"Bearer {self.site.tokens['instructor']}"}
        body = {"accept": self.dice.random() < 0.7}
        decided = await self.http.post(f"{place}/decision", json=body, headers=staff)
        assert max(disputed.status_code, decided.status_code) < 500, (disputed.text, decided.text)
        return decided.is_success

    def _spoken(self) -> bytes:
        return spoken(self.dice.choice(LINES))

    async def _mouth(self) -> Mouth | None:
        """A voice session of the chat, if it takes one."""
        chat_id = self._chat()
        before = len(self.actor.payloads("attempt_audio_ready", chat_id=chat_id))
        if not (await self._call("attempt_audio_start", chat_id=chat_id))["ok"]:
            return None
        await self.actor.nth("attempt_audio_ready", before, chat_id=chat_id)
        self.talks.add(chat_id)
        return Mouth(self.actor, chat_id, size=LARGE)

    async def _said(self, mouth: Mouth, sound: bytes) -> bool:
        """Something spoken, and its bubble closed."""
        chat_id = mouth.chat_id
        closed = len(self.actor.payloads("attempt_user_complete", chat_id=chat_id))
        await mouth.send(sound)
        await self.actor.nth("attempt_user_complete", closed, chat_id=chat_id)
        return True

    async def _hang_up(self) -> None:
        """End the voice sessions that are there; what ended with its chat is told once, too."""
        while self.talks:
            chat_id = self.talks.pop()
            if (await self.actor.ok("attempt_audio_stop", {"chat_id": chat_id}))["stopped"]:
                await self.actor.wait_for("attempt_audio_ended", chat_id=chat_id)

    async def _do_stop(self) -> bool:
        return (await self._call("attempt_stop", chat_id=self._chat())).get("success", False)

    async def _do_end(self) -> bool:
        ack = await self._call("attempt_end", chat_id=self._chat(), grade=self.dice.random() < 0.8)
        await self._find_chat()
        return ack["ok"]

    async def _do_next(self) -> bool:
        ack = await self._call("attempt_next")
        await self._find_chat()
        return ack["ok"]

    async def _do_end_all(self) -> bool:
        return (await self._call("attempt_end_all"))["ok"]

    async def _do_grade(self) -> bool:
        return (await self._call("attempt_grade", chat_id=self._chat()))["ok"]

    async def _do_answer(self) -> bool:
        detail = await self._detail()
        here = [
            chat for chat in detail["entries"]["attempt_chat"] if chat["id"] == self.chat_id and chat["question_ids"]
        ]
        if not here or "attempt_response_submit" not in EVENTS:
            return False
        question = detail["resources"]["questions"][self.dice.choice(here[0]["question_ids"])]
        options = [option["option_id"] for option in question["options"]]
        chosen = self.dice.sample(options, self.dice.randint(1, 2) if question["allow_multiple"] else 1)
        payload = {"chat_id": self.chat_id, "question_id": question["question_id"], "option_ids": chosen}
        return (await self._call("attempt_response_submit", **payload))["ok"]

    async def _do_reuse(self) -> bool:
        offered = (await self._detail())["available_continuation_options"]
        if not offered or not offered["options"] or "attempt_use_previous" not in EVENTS:
            return False
        scenarios = self.dice.choice(offered["options"])["scenarios"]
        chosen = {each["chat_entry_id"]: each["attempt_chat_id"] for each in scenarios}
        ack = await self._call("attempt_use_previous", previous_chat_map=chosen)
        await self._find_chat()
        return ack["ok"]

    def _chat(self) -> str:
        return self.chat_id or self.attempt_id  # which is no chat: refused

    async def _find_chat(self) -> None:
        self.chat_id = (await self._detail())["current_chat_id"] or self.chat_id


@pytest.mark.promise("P5")
@pytest.mark.case(116)
@pytest.mark.timeout(900)
@pytest.mark.parametrize("store", STORES)
async def test_a_snapshot_and_events_are_a_fresh_snapshot(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = furnish(make_site(store, tmp_path, request))
    counts: Counter[str] = Counter()
    slots = asyncio.Semaphore(AT_ONCE)
    with Nursery(site) as nursery:
        url = nursery.start(SCRIPTED_PIECES_PER_SECOND=PIECES_PER_SECOND, **SCRIPTED).url

        async def walk(seed: int) -> int:
            async with slots:
                walking = Walk(seed, url, site, counts)
                try:
                    return await walking.run()
                except TimeoutError as error:
                    heard = walking.actor.names[-20:] if hasattr(walking, "actor") else "nothing"
                    raise AssertionError(f"seed {seed} waits in vain, after {heard}") from error

        applied = await asyncio.gather(*(walk(seed) for seed in range(SEQUENCES)))
    done = sum(counts.values())
    assert done > 4 * SEQUENCES
    assert {"say", "branch", "say and stop", "end", "next", "end all", "grade", "speak", "hum", "dispute"} <= set(
        counts
    )
    if "attempt_response_submit" in EVENTS:
        assert counts["answer"]
    kinds = ", ".join(f"{number} {name}" for name, number in counts.most_common())
    figure(
        "P5",
        f"{SEQUENCES} random sequences of {done} accepted actions ({kinds}), watched from a moment in their middle: "
        f"{sum(applied):,} events applied to the snapshots, 0 differences",
    )
