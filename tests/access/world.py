"""A server with one caller of every kind, and fresh attempts of the owner to ask about."""

import hashlib
import ssl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.assistant.experiments import actions as experiments
from parlour.assistant.experiments.entities import NewExperiment
from parlour.catalog import actions as catalog
from parlour.catalog.bundles import load_bundle
from parlour.catalog.publishing import keep_files, publish
from parlour.drafts import actions as drafts
from parlour.events import log
from parlour.kernel.actor import Role
from parlour.kernel.ids import AccountId, digest_of, named_id
from parlour.storage.blobs.folder import FolderBlobs
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.wire.glow.names import PREFIX
from tests.harness.site import Process, Site
from tests.harness.socket import Client
from tests.harness.spoken import Aloud, said_aloud

NO_CA = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # spares every client the loading of all authorities
UNKNOWN = "00000000-0000-7000-8000-000000000000"
UNKNOWN_SID = "nobody-has-been-given-this-session"
HOME = "Access home"
REUSE = "Access reuse"
DOT = b"\x89PNG\r\n\x1a\n and no more"
SECRET = "instructions-canary-5d1c7a90e2b4"  # in what personas are told; nobody who learns is
UPLOAD = named_id("access", "upload", hashlib.sha256(DOT).hexdigest())
ANSWER: dict[str, object] = {
    "question_id": named_id("access", "question", "one", "0"),
    "option_ids": [named_id("access", "option", "one", "0", "0")],
}
ROLES: dict[str, Role] = {
    "owner": "member",
    "other_instructor": "instructional",
    "other_admin": "admin",
    "superadmin": "superadmin",
    "guest": "guest",
    "custom": "custom",
}

PACK = """
pack: {id: access, name: Access}
personas:
  pat: {name: Pat, instructions: "You are Pat. SECRET", examples: ["SECRET, says Pat."]}
scenarios:
  one:
    name: One
    personas: [pat]
    images: [{name: Dot, file: dot.png}]
    questions: [{text: "Which?", options: [{text: This, correct: true}, {text: That}]}]
    questions_enabled: true
  two: {name: Two, personas: [pat]}
rubrics:
  small:
    name: Small
    total_points: 2
    pass_points: 1
    groups:
      asking:
        {name: Asking, points: 2, pass_points: 1, standards: [{points: 0, name: "No"}, {points: 2, name: "Yes"}],
         signals: {good_moves: [open-question], enough: 1}}
simulations:
  pair: {name: Pair, scenarios: [{scenario: one, rubric: small}, {scenario: two, rubric: small}]}
cohorts:
  taught: {name: Taught, simulations: [pair], learners: [LEARNERS], instructors: [instructor]}
  other: {name: Other, simulations: [pair], learners: [OTHERS], instructors: [other_instructor]}
home:
  common: {name: Access home, simulation: pair, cohorts: [taught]}
  other: {name: Other home, simulation: pair, cohorts: [other]}
  reuse: {name: Access reuse, simulation: pair, cohorts: [taught], settings: {use_previous: true, use_custom: true}}
  again: {name: Other reuse, simulation: pair, cohorts: [other], settings: {use_previous: true, use_custom: true}}
practice:
  common: {name: Access practice, simulation: pair, cohorts: [taught]}
  other: {name: Other practice, simulation: pair, cohorts: [other]}
  made:
    {name: Access made, simulation: pair, cohorts: [taught], settings: {generate_names: true, generate_personas: true,
     generate_objectives: true, generate_questions: true, generate_options: true}}
evals:
  talk: {name: Access talk}
recordings:
  said: {title: Access said, scenario: one, messages: [{user: Hello}, {assistant: "What have you tried?"}]}
benchmarks:
  bench:
    {name: Access bench, eval: talk, department_ids: [HERE], people: [RUNNERS],
     candidates: {first: {model: scripted, rubric: small}, second: {model: scripted, rubric: small}}}
"""
EVAL = named_id("access", "eval", "talk")
UPLOADED = {"recording": {"title": "Uploaded", "messages": [{"role": "assistant", "content": "Hello."}]}}
RECORDING = named_id("access", "recording", "said")
BENCHMARK = named_id("access", "benchmark", "bench")


def department_of(site: Site) -> str:
    """The department of everybody but the other admin."""
    found = site.write(accounts.list_departments)
    return next(each.department_id for each in found if each.name != "Elsewhere")


def publish_pack(site: Site, learners: list[str], others: list[str], runners: Sequence[str] = ()) -> None:
    """Publish the pack: who learns in the instructor's cohort, who in the other one, and who may run its benchmark."""
    here = department_of(site)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "access.yaml"
        said = PACK.replace("LEARNERS", ", ".join(learners)).replace("OTHERS", ", ".join(others))
        said = said.replace("RUNNERS", ", ".join(runners))
        file.write_text(said.replace("SECRET", SECRET).replace("HERE", here))
        (Path(folder) / "dot.png").write_bytes(DOT)
        bundle = load_bundle(file)
        keep_files(bundle, FolderBlobs(site.folder / "data" / "files"))

    def fill(tx: Tx) -> None:
        publish(tx, bundle)
        site.homes.update({entry.name: entry.id for entry in catalog.all_entries(tx, "home")})
        site.practices.update({entry.name: entry.id for entry in catalog.all_entries(tx, "practice")})

    site.write(fill)


def add_account(tx: Tx, site: Site, new: NewAccount, department_id: str) -> None:
    """One more account in a department, with a token."""
    made = accounts.create_account(tx, new)
    site.ids[new.user_id] = made.account_id
    accounts.set_account_departments(tx, made.account_id, [department_id])
    site.tokens[new.user_id] = accounts.issue_session(tx, made.account_id, "session", "test", 86_400)


def populate(site: Site) -> None:
    """The callers of the table, beside the people that every site has (`fellow`, `instructor`, `admin`)."""

    def fill(tx: Tx) -> None:
        here = accounts.list_departments(tx)[0].department_id
        elsewhere = accounts.create_department(tx, "Elsewhere").department_id
        for user_id, role in ROLES.items():
            department = elsewhere if user_id == "other_admin" else here
            add_account(tx, site, NewAccount(user_id=user_id, name=user_id, role=role), department)
        revoked = accounts.issue_session(tx, site.ids["owner"], "session", "test", 86_400)
        accounts.revoke_session(tx, digest_of(revoked))
        site.tokens["revoked"] = revoked

    site.write(fill)
    publish_pack(site, learners=["owner", "fellow", "custom"], others=["learner"], runners=["owner"])


MORE: dict[str, dict[str, object]] = {
    "attempt/message": {"message": "Hello?"},
    "attempt/response_submit": ANSWER,
    "attempt/audio_frame": {"audio": "AAAAAA=="},
    "attempt/text_frame": {"message": "Hello?"},
    "attempt/audio_played": {"message_id": UNKNOWN, "played_ms": 0},
}


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a cell asks about: ids of the owner's, or ids that nothing has."""

    home_id: str
    attempt_id: str
    chat_id: str
    message_id: str = UNKNOWN
    lobby_id: str = UNKNOWN  # another attempt, in the lobby, with its first template and an earlier chat for that
    template_id: str = UNKNOWN
    earlier_id: str = UNKNOWN
    sid: str = UNKNOWN_SID
    upload_id: str = UPLOAD
    benchmark_id: str = UNKNOWN
    test_id: str = UNKNOWN  # a test of the benchmark, with a run that waits in its first invocation
    invocation_id: str = UNKNOWN
    other_invocation_id: str = UNKNOWN  # in which `replay_id` is complete
    recording_id: str = UNKNOWN
    replay_id: str = UNKNOWN

    def payload(self, path: str) -> dict[str, object]:
        """The payload of an operation that names this."""
        if path == "attempt/start":
            return {"home_id": self.home_id}
        if path == "generate":
            about = {"metadata": {"attempt_id": self.lobby_id}, "modality": "text"}
            return {"artifact_types": ["chat"], "resource_types": ["objectives"], **about}
        if path == "attempt/use_previous":
            known = self.lobby_id != UNKNOWN
            chosen = {self.template_id: self.earlier_id if known else self.chat_id}
            return {"attempt_id": self.lobby_id if known else self.attempt_id, "previous_chat_map": chosen}
        if path.startswith("test/"):
            return self._of_test(path)
        members: dict[str, object] = {}
        if path not in ("attempt/join", "attempt/leave", "attempt/stop"):
            members["attempt_id"] = self.attempt_id
        if path not in ("attempt/next", "attempt/end_all"):
            members["chat_id"] = self.chat_id
        return members | MORE.get(path, {})

    def _of_test(self, path: str) -> dict[str, object]:
        of_run = {"test_id": self.test_id, "test_invocation_id": self.invocation_id, "run_id": self.recording_id}
        ended = {"test_invocation_id": self.other_invocation_id, "run_id": self.replay_id, "grade": False}
        payloads: dict[str, dict[str, object]] = {
            "test/start": {"benchmark_id": self.benchmark_id},
            "test/next": {"test_id": self.test_id},
            "test/run": {**of_run},
            "test/end": {**of_run, **ended},
        }
        return payloads.get(path, {"invocation_id": self.invocation_id})

    @property
    def ids(self) -> tuple[str, ...]:
        """Everything that an answer may echo."""
        lobby = (self.lobby_id, self.template_id, self.earlier_id)
        of_test = (self.benchmark_id, self.test_id, self.invocation_id, self.other_invocation_id)
        run = (self.recording_id, self.replay_id)
        mine = (self.home_id, self.attempt_id, self.chat_id, self.message_id, self.sid, self.upload_id)
        return (*mine, *lobby, *of_test, *run)


MISSING = Subject(home_id=UNKNOWN, attempt_id=UNKNOWN, chat_id=UNKNOWN, upload_id=UNKNOWN)


@dataclass
class World:
    """The running server, and what tests do in it."""

    site: Site
    process: Process
    earlier_id: str = ""
    cells: int = 0  # how many cells of the matrix were asked about

    def http(self, caller: str) -> httpx.AsyncClient:
        """An HTTP client with the caller's credential."""
        token = self.site.tokens.get(caller)
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(base_url=self.process.url, headers=headers, timeout=60, verify=NO_CA)

    def socket(self, caller: str) -> Client:
        """A socket of the caller."""
        return Client(self.process.url, self.site.tokens[caller])

    async def subject(self, owner: Client, path: str = "") -> Subject:
        """A fresh attempt of the owner, in whose first chat something was said and answered; for a path about
        tests a fresh test, too."""
        home = self.site.homes[HOME]
        started = await owner.ok("attempt_start", {"home_id": home})
        attempt, chat = started["attempt_id"], started["attempt_chat_id"]
        said = await owner.say(attempt, chat, "What have you tried so far?")
        await owner.ok("attempt_leave", {"chat_id": chat})
        if not self.earlier_id:
            self.earlier_id = await self._earlier(owner)
        lobby = await owner.ok("attempt_start", {"home_id": self.site.homes[REUSE]})
        tested = await self._test(owner) if path.startswith("test/") or "/test" in path else {}
        return Subject(
            **tested,
            home_id=home,
            attempt_id=attempt,
            chat_id=chat,
            message_id=said["user_message_id"],
            lobby_id=lobby["attempt_id"],
            template_id=lobby["chat_entry_id"],
            earlier_id=self.earlier_id,
        )

    async def _test(self, owner: Client) -> dict[str, str]:
        """A test of the owner, in whose second invocation a run is complete."""
        started = await owner.ok("test_start", {"benchmark_id": BENCHMARK})
        second = self.site.write(
            lambda tx: tx.all("SELECT id FROM invocations WHERE test_id = :id ORDER BY position", id=started["test_id"])
        )[1]["id"]
        run = {"test_id": started["test_id"], "test_invocation_id": second, "run_id": RECORDING}
        begun = await owner.ok("test_run", run)
        await owner.wait_for("test_run_complete", run_id=begun["run_id"])
        await owner.ok("test_leave", {"invocation_id": second})
        return {
            "benchmark_id": BENCHMARK,
            "test_id": started["test_id"],
            "invocation_id": started["invocation_id"],
            "other_invocation_id": second,
            "recording_id": RECORDING,
            "replay_id": begun["run_id"],
        }

    async def _earlier(self, owner: Client) -> str:
        """A completed chat of the owner with a grade."""
        started = await owner.ok("attempt_start", {"home_id": self.site.homes[HOME]})
        ids = {"attempt_id": started["attempt_id"], "chat_id": started["attempt_chat_id"]}
        await owner.say(**ids, text="What have you tried so far?")
        ended = await owner.ok("attempt_end", ids)
        await owner.wait_for("attempt_graded", grade_id=ended["grade_id"])
        return ids["chat_id"]

    async def draft_of(self, subject: Subject) -> str:
        """A new draft of the owner for the chat that waits in a subject's lobby."""
        if subject.lobby_id == UNKNOWN:
            return UNKNOWN
        asked = {"artifact_type": "chat", "artifact_id": subject.template_id, "attempt_id": subject.lobby_id}
        async with self.http("owner") as mine:
            made = await mine.post("/api/v1/drafts", json=asked)
        assert made.status_code == 201, made.text
        return made.json()["draft_id"]

    def experiment_of(self, subject: Subject) -> str:
        """An experiment of the owner, private."""
        if subject is MISSING:
            return UNKNOWN
        owner = self.site.ids["owner"]

        def make(tx: Tx) -> str:
            known = experiments.own(tx, owner, "Access")
            new = NewExperiment(account_id=AccountId(owner), name="Access", description="")
            return (known or experiments.create(tx, new)).id

        return self.site.write(make)

    def utterance_of(self, subject: Subject, path: str) -> str:
        """The utterance by which the owner said a subject's message; disputed, for a path that decides."""
        if subject is MISSING:
            return UNKNOWN
        disputed = {"dispute": "open", "disputed_text": "Something."} if path.endswith("/decision") else {}

        def speak(tx: Tx) -> str:
            tx.run("DELETE FROM utterances WHERE message_id = :id", id=subject.message_id)
            return said_aloud(tx, subject.message_id, Aloud(words=(), **disputed))

        return self.site.write(speak)

    async def levels_of(self, subject: Subject) -> dict[str, str]:
        """A level of every criterion by which a subject's replay is graded."""
        async with self.http("superadmin") as http:
            whole = (await http.get(f"/api/v1/tests/{subject.test_id}/cells/{subject.replay_id}")).json()
        return {group["id"]: group["standards"][0]["id"] for group in whole["rubric"]["groups"]}

    async def benchmark_version(self) -> int:
        """At which version the benchmark is now."""
        async with self.http("superadmin") as http:
            return (await http.get(f"/api/v1/benchmarks/{BENCHMARK}")).json()["version"]

    async def recording_of(self, subject: Subject) -> str:
        """A new recording in the benchmark."""
        if subject is MISSING:
            return UNKNOWN
        async with self.http("superadmin") as http:
            made = await http.post(f"/api/v1/benchmarks/{BENCHMARK}/recordings", json=UPLOADED)
        assert made.status_code == 201, made.text
        return made.json()["recording_id"]

    async def grade_of(self, subject: Subject) -> str:
        """A grade of a subject's chat, made if there is none."""
        async with self.http("owner") as mine:
            known = (await mine.get(f"/api/v1/chats/{subject.chat_id}/grades")).json()["items"]
            if known:
                return known[0]["grade"]["id"]
            ids = {"attempt_id": subject.attempt_id, "chat_id": subject.chat_id}
            made = await mine.post(f"{PREFIX}attempt/grade", json=ids, headers={"prefer": "wait=20"})
            return made.json()["grade_id"]

    def prepared(self, subject: Subject) -> dict[str, str]:
        """A prepared run of the owner with its group, or what there is not."""
        if subject is MISSING:
            return {"run_id": UNKNOWN, "group_id": UNKNOWN}
        owner = AccountId(self.site.ids["owner"])
        run = self.site.write(lambda tx: drafts.prepare_generation(tx, owner))
        return {"run_id": run.id, "group_id": run.group_id}

    def told(self, subject: Subject) -> int:
        """How much was ever told in the rooms of a subject's chat and invocations, which tell whatever changes
        them."""
        invocations = (subject.invocation_id, subject.other_invocation_id)
        rooms = (f"chat:{subject.chat_id}", *(f"invocation:{each}" for each in invocations))
        return self.database.read_here(lambda tx: sum(log.room_head(tx, room, log.head(tx)).seq for room in rooms))

    @cached_property
    def database(self) -> Database:
        """The store, to look at it beside the server."""
        return self.site.database()


async def session_of(http: httpx.AsyncClient) -> Any:
    """Open an HTTP session: what it was answered."""
    answer = await http.post("/socket/v5/client/connect")
    assert answer.status_code == 200, answer.text
    return answer.json()
