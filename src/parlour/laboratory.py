"""The laboratory assistant of a server, put together: what it does, with what, and the routes that reach it.

`app.Parlour` owns one. Nothing outside this module and `app` knows all of its parts.
"""

# ruff: noqa: PLC0415 (routes are imported when they are first asked for)

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

from parlour.accounts.passwords import PasswordWorkers
from parlour.assistant.accepting.hearing import Hearing, HearingNeed
from parlour.assistant.experiments import actions as experiments
from parlour.assistant.loop.moves import Rules
from parlour.assistant.loop.speaking import Speaking, SpeakingNeed
from parlour.assistant.loop.thinking import Mind
from parlour.assistant.loop.work import Assistant, AssistantNeed
from parlour.assistant.mailbox import actions as mailbox
from parlour.assistant.mailbox.compacting import compact_turns
from parlour.assistant.messages import replies
from parlour.assistant.papers import actions as papers
from parlour.assistant.questions.actions import may_read
from parlour.assistant.questions.work import deadlines
from parlour.assistant.spoken.ears import Ears, EarsNeed
from parlour.assistant.spoken.mouth import Mouth, MouthNeed
from parlour.assistant.tools.arxiv import ArxivNeed, ArxivTools
from parlour.assistant.tools.asking import Asker
from parlour.assistant.tools.built_in import BuiltInNeed, BuiltInTools
from parlour.assistant.tools.extracting import ModelExtraction
from parlour.assistant.tools.mcp import McpTools
from parlour.assistant.tools.meaning import MeaningfulSearches
from parlour.assistant.tools.ports import ToolSource
from parlour.assistant.tools.registry import Toolbox
from parlour.assistant.tools.summarising import ModelSummaries
from parlour.events.compaction import prune
from parlour.events.pump import Pump
from parlour.files.entities import StoredFile
from parlour.files.extraction.work import ReaderNeed, TextReader
from parlour.files.intake import Intake
from parlour.files.ports import BlobStore
from parlour.files.search.embedding import Embeddings
from parlour.files.sweeping import Sweeper, SweeperNeed
from parlour.jobs.queue import Kind
from parlour.jobs.worker import Worker
from parlour.kernel.clock import Clock
from parlour.kernel.dataclass import dataclass
from parlour.kernel.dice import Dice
from parlour.kernel.ids import AccountId, Ids
from parlour.kernel.refusals import ProviderFault, Refusal
from parlour.providers.arxiv import ArxivClient
from parlour.providers.mcp.servers import McpServers
from parlour.providers.models import SCRIPTED
from parlour.providers.speech.activity import build_activity
from parlour.settings import Settings
from parlour.speech.decoding.entities import decoding_limits
from parlour.speech.engines import SpeechEngines
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.turns.ports import Model
from parlour.wire.http.areas import Area
from parlour.wire.http.credentials import Authenticator
from parlour.wire.http.event_tables import EventTable
from parlour.wire.http.throttle import LoginThrottle
from parlour.wire.lab.bells import Bells
from parlour.wire.lab.gate import Gate, GateNeed, give_everywhere
from parlour.wire.lab.socket import LabSockets, SocketsNeed
from parlour.wire.mcp.http import McpHttp, McpHttpNeed, mcp_route
from parlour.wire.mcp.offering import OfferNeed

if TYPE_CHECKING:
    from parlour.providers.embeddings import OpenAICompatibleEmbedder

if TYPE_CHECKING:
    from parlour.wire.lab.conversation import Abilities

logger = logging.getLogger("parlour.laboratory")

PUBLIC_PATHS = ("/accounts/log-up", "/accounts/log-in", "/accounts/sign-up")


@dataclass(frozen=True, kw_only=True, slots=True)
class LaboratoryNeed:
    """What the laboratory shares with the rest of the server. `pump` is there once the server has started."""

    settings: Settings
    database: Database
    clock: Clock
    ids: Ids
    dice: Dice
    model: Model
    blobs: BlobStore
    authenticator: Authenticator
    passwords: PasswordWorkers
    throttle: LoginThrottle
    pump: Callable[[], Pump]
    engines: SpeechEngines


class Laboratory:
    """See the module."""

    def __init__(self, need: LaboratoryNeed) -> None:
        settings, lab = need.settings, need.settings.lab
        self._need = need
        self.gate = Gate(
            GateNeed(
                database=need.database,
                authenticator=need.authenticator,
                passwords=need.passwords,
                throttle=need.throttle,
                clock=need.clock,
                ids=need.ids,
            ),
            settings,
        )
        self.intake = Intake(settings.files / "incoming", need.blobs, lab.limits.upload_bytes_max)
        self.texts = TextReader(ReaderNeed(database=need.database, blobs=need.blobs, limits=lab.limits))
        self.sweeper = Sweeper(
            SweeperNeed(
                database=need.database,
                blobs=need.blobs,
                intake=self.intake,
                clock=need.clock,
                unused_hours=lab.limits.unused_upload_hours,
                unnamed_hours=settings.authoring.media_unused_hours,
            )
        )
        self.arxiv = ArxivClient(lab.arxiv, self.intake, need.clock)
        self.servers = McpServers(lab.mcp)
        arxiv = ArxivTools(ArxivNeed(arxiv=self.arxiv, reader=self.texts, quota=lab.limits.quota_bytes))
        summaries = None if self.embedded else ModelSummaries(need.database, need.model, self.model_name)
        built_in: ToolSource = BuiltInTools(BuiltInNeed(reader=self.texts, summarise=summaries))
        self.embedder = _embedder(settings)
        self.embeddings = Embeddings(need.database, self.embedder) if self.embedder else None
        if self.embeddings:
            built_in = MeaningfulSearches(built_in, self.embeddings)
        self.toolbox = Toolbox([built_in, arxiv, McpTools(self.servers, lab.mcp)], lab.tools)
        offer = OfferNeed(store=need.database, toolbox=self.toolbox, allowed=lab.tools, new_id=need.ids.new)
        self.mcp = McpHttp(McpHttpNeed(offer=offer, authenticator=need.authenticator, count=self.gate.brake.count))
        self.bells = Bells(need.pump)
        self.sockets = LabSockets(
            SocketsNeed(
                database=need.database,
                clock=need.clock,
                callers=self.gate.callers,
                brake=self.gate.brake,
                bells=self.bells,
                lab=lab,
            )
        )

    @property
    def model_name(self) -> str:
        """The model that thinks."""
        return self._need.settings.lab.model or self._need.settings.model

    @property
    def embedded(self) -> bool:
        """Whether it is the offline model."""
        return self.model_name.startswith(SCRIPTED)

    def work_in(self, worker: Worker, pump: Pump) -> None:
        """Teach a worker the assistant's jobs."""
        need, database = self._need, self._need.database
        mind = Mind(
            model=need.model,
            name=self.model_name,
            dice=need.dice,
            first_bytes_seconds_max=need.settings.limits.first_token_seconds_max,
        )
        asker = Asker(database=database, model=need.model, name=self.model_name)
        extraction = None if self.embedded else ModelExtraction(asker)
        assistant = Assistant(
            AssistantNeed(
                database=database,
                pump=pump,
                clock=need.clock,
                mind=mind,
                rules=Rules(toolbox=self.toolbox, limits=need.settings.lab.limits, extraction=extraction),
                texts=self.texts,
            )
        )
        for kind in (assistant.kind(), deadlines(database).kind(), self.texts.kind(), *self._spoken(pump)):
            worker.add(kind)

    def _spoken(self, pump: Pump) -> tuple[Kind, Kind]:
        """The jobs of what is heard and said."""
        need, limits, speech = self._need, self._need.settings.lab.limits, self._need.settings.speech
        ears = Ears(
            EarsNeed(
                transcriber=need.engines.transcriber,
                blobs=need.blobs,
                limits=decoding_limits(limits),
                engine_seconds_max=speech.engine_seconds_max,
                together_max=speech.engine_processes_max,
                activity=build_activity(need.settings),
            )
        )
        mouth = Mouth(
            MouthNeed(
                synthesizer=need.engines.synthesizer,
                intake=self.intake,
                language=speech.language,
                engine_seconds_max=speech.engine_seconds_max,
                together_max=speech.engine_processes_max,
            )
        )
        hearing = HearingNeed(database=need.database, pump=pump, ears=ears, seconds_max=limits.speech_seconds_max)
        speaking = SpeakingNeed(database=need.database, pump=pump, clock=need.clock, mouth=mouth, limits=limits)
        return Hearing(hearing).kind(), Speaking(speaking).kind()

    async def open(self) -> None:
        """At the start of a server, before it serves: what a dead one held is free again."""
        if not self._need.database.dialect.shared:
            await self._need.database.write(mailbox.lapse_claims)

    def start_tools(self) -> None:
        """Where turns are worked on: reach for what lies outside, in the background."""
        if self._need.settings.lab.mcp:
            self.servers.start()
        if self._need.settings.lab.arxiv.enabled != "off":
            self.arxiv.start()

    async def part(self) -> None:
        """Say good-bye: whoever waits is answered, streams end."""
        self.bells.stop()
        await self.mcp.stop()

    async def stop_tools(self) -> None:
        """After the worker has stopped."""
        await self.servers.stop()
        await self.arxiv.stop()
        if self.embedder:
            await self.embedder.aclose()

    async def keep_house(self) -> None:
        """Sweep files that nothing uses, shorten the log (9.3, 12)."""
        limits = self._need.settings.lab.limits
        await self.sweeper.sweep()
        await self._embed()
        await compact_turns(self._need.database, self._need.settings.limits.compaction_age_seconds)
        await prune(self._need.database, "lab:", round(limits.event_days * 86_400))
        if limits.reply_days:
            await mailbox.let_go(self._need.database, round(limits.reply_days * 86_400_000))

    async def _embed(self) -> None:
        """Give passages their vectors; what fails is tried again in the next round."""
        try:
            while self.embeddings and await self.embeddings.embed_pending():
                continue
        except ProviderFault as fault:
            logger.warning("embedding_failed", extra={"reason": fault.text})

    def add_to(self, app: FastAPI) -> None:
        """The routes of the lab protocol."""
        app.router.routes += [Area(("/users/", "/accounts/"), self._routers), mcp_route(self.mcp)]

    def _routers(self) -> Iterable[APIRouter]:
        """That of the polls first: routes are looked through in order."""
        from parlour.wire.lab.conversation import ConversationNeed, conversation_router
        from parlour.wire.lab.files import LabFilesNeed, lab_files_router
        from parlour.wire.lab.mailbox import mailbox_router
        from parlour.wire.lab.messages import MessagesNeed, messages_router
        from parlour.wire.lab.notes import LabNotesNeed, lab_notes_router
        from parlour.wire.lab.polling import Bubbles, PollsNeed
        from parlour.wire.lab.questions import QuestionsNeed, questions_router
        from parlour.wire.lab.receiving import ReceivingPosts
        from parlour.wire.lab.stream import StreamsNeed, stream_router

        need, callers, limits = self._need, self.gate.callers, self._need.settings.lab.limits
        database, clock, lab = need.database, need.clock, need.settings.lab
        receiving = ReceivingPosts()
        talking = MessagesNeed(
            database=database,
            callers=callers,
            intake=self.intake,
            receiving=receiving,
            limits=limits,
            base_path=need.settings.base_path,
        )
        polling = PollsNeed(
            database=database,
            clock=clock,
            lab=lab,
            callers=callers,
            bells=self.bells,
            receiving=receiving,
            bubbles=Bubbles(clock),
        )
        streaming = StreamsNeed(
            database=database,
            clock=clock,
            callers=callers,
            bells=self.bells,
            per_account_max=limits.streams_per_account_max,
            form=lab.reply_speech,
        )
        filing = LabFilesNeed(
            database=database,
            callers=callers,
            blobs=need.blobs,
            quota_bytes=limits.quota_bytes,
            may_read=may_read,
            deleting=(_keep_attached, _forget_file),
        )
        for router in (
            mailbox_router(polling),
            messages_router(talking),
            conversation_router(ConversationNeed(database=database, callers=callers, abilities=self.abilities)),
            questions_router(QuestionsNeed(database=database, callers=callers, text_chars_max=limits.text_chars_max)),
            lab_files_router(filing),
            lab_notes_router(LabNotesNeed(database=database, callers=callers)),
            stream_router(streaming),
        ):
            yield give_everywhere(router)
        yield self.gate.accounts_router()

    def models(self) -> Iterable[type[BaseModel]]:
        """The payloads that the lab's routes read themselves, for `/openapi.json`."""
        from parlour.wire.lab import conversation, messages

        return (*messages.MODELS, *conversation.MODELS)

    def event_tables(self) -> Sequence[EventTable]:
        """What the assistant's sockets say, for `/asyncapi.json`."""
        from parlour.wire.lab.events import lab_table

        return (lab_table(),)

    def abilities(self) -> "Abilities":
        """What works at this moment (5.3)."""
        from parlour.wire.lab.conversation import Abilities

        offered = tuple(tool.name for tool in self.toolbox.offered())
        return Abilities(
            speech_in=self._need.engines.transcriber is not None,
            speech_out=self._need.engines.synthesizer is not None,
            arxiv="arxiv_search" in offered,
            model="embedded" if self.embedded else "external",
            tools=offered,
        )


def _embedder(settings: Settings) -> "OpenAICompatibleEmbedder | None":
    """Who makes embeddings; the settings have checked that the provider exists."""
    name, _, model = (settings.lab.embeddings_model or "").partition(":")
    for provider in settings.providers:
        if provider.name == name and provider.base_url:
            from parlour.providers.embeddings import OpenAICompatibleEmbedder  # few configure it

            return OpenAICompatibleEmbedder(provider.base_url, provider.api_key, model)
    return None


def _keep_attached(tx: Tx, _: AccountId, file: StoredFile) -> None:
    if experiments.is_attached(tx, file.id):
        raise Refusal("file_in_use", "A log entry refers to this file.")


def _forget_file(tx: Tx, account_id: AccountId, file: StoredFile) -> None:
    papers.forget_file(tx, file.id)
    replies.file_gone(tx, account_id, file.id)
