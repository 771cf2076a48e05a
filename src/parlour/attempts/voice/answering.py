"""What a session does with an answer: its text becomes sound, the ledger learns what was sent and heard."""

from collections.abc import Callable

from parlour.attempts.voice import acts
from parlour.attempts.voice.channels import Channel, Failed, SentenceBegan, SoundMade, Tell, TextMade
from parlour.attempts.voice.holders import ReplySound
from parlour.attempts.voice.need import SessionNeed
from parlour.attempts.voice.playing import Listener, Player
from parlour.conversations.actions import Writing
from parlour.conversations.spoken import ledger
from parlour.conversations.spoken.entities import VoiceSession
from parlour.conversations.spoken.ledger import Playback
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import MessageId
from parlour.turns import actions as turns
from parlour.turns.streams import ReplyStream, StoppedError

ENOUGH_MS = 15_000
AGAIN_MS = 8_000
AHEAD_MS_MAX = 300_000
PROGRESS_MS = 1_000
TOO_MUCH_TEXT = "The answer is too long to be spoken."


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """Between whom an answer passes: the channel makes it, `offer` gives its sound to the listener, `wake` has `look`
    called, `tell` reports a failure as the channel would."""

    channel: Channel
    offer: Callable[[ReplySound], bool]
    wake: Callable[[], None]
    tell: Tell


@dataclass(slots=True)
class _Answer:
    """The reply that is being given. `stream`: its text is written here (channels that answer themselves)."""

    player: Player
    stream: ReplyStream | None
    written: bool = False
    noted: int = 0
    noted_ms: int = 0
    seen_ms: int = 0
    enough: bool = False


class Answering:
    """The answers of one session, one at a time."""

    def __init__(self, need: SessionNeed, session: VoiceSession, stage: Stage) -> None:
        self._need = need
        self._session = session
        self._stage = stage
        self._answer: _Answer | None = None
        self._held = False

    @property
    def running(self) -> bool:
        """Whether an answer is being given, from its first moment to its last sound."""
        return self._answer is not None

    def begin(self, message_id: MessageId) -> None:
        """An answer begins."""
        self.end()
        session, stage = self._session, self._stage
        listener = Listener(
            chat_id=session.chat_id, offer=stage.offer, tell=stage.wake, lead_ms=self._need.rules.lead_ms
        )
        stream = None
        if stage.channel.answers:
            writing = Writing(
                chat_id=session.chat_id,
                message_id=message_id,
                fence=turns.fence_of_session(session),
                persona_id=None,
            )
            stream = ReplyStream(self._need.database, writing, self._need.reply_characters_max)
        self._answer = _Answer(Player(listener, message_id), stream)
        self._answer.player.hold(self._held)
        stage.channel.answer(message_id)

    def again(self, message_id: MessageId) -> None:
        """The text is made again from its beginning."""
        answer = self._of(message_id)
        if answer is not None and answer.stream is None:
            self.begin(message_id)

    def text_added(self, message_id: MessageId, text: str) -> None:
        """The turn's job has written more."""
        answer = self._of(message_id)
        if answer is not None and answer.stream is None:
            self._stage.channel.text(message_id, text, done=False)

    def written(self, message_id: MessageId) -> None:
        """All text is there."""
        answer = self._of(message_id)
        if answer is not None and answer.stream is None:
            answer.written = True
            self._stage.channel.text(message_id, "", done=True)

    def completed(self, message_id: MessageId) -> None:
        """The reply was ended by somebody else."""
        if self._of(message_id) is not None:
            self.end()

    async def text_made(self, item: TextMade) -> None:
        """The channel has made more text; at its end the turn's job takes over."""
        answer = self._of(item.message_id)
        if answer is None or answer.stream is None or answer.written:
            return
        try:
            if item.text:
                answer.player.script.grow(item.text)
                answer.stream.add(item.text)
            if item.done:
                await answer.stream.flush()
                answer.written = await self._hand_over(item.message_id)
        except StoppedError:
            self.end()

    async def _hand_over(self, message_id: MessageId) -> bool:
        chat_id = self._session.chat_id
        if await self._need.database.write(lambda tx: turns.hand_over(tx, chat_id, message_id)):
            return True
        raise StoppedError

    def sentence(self, item: SentenceBegan) -> None:
        """What the sound says that comes next."""
        answer = self._of(item.message_id)
        if answer is not None:
            answer.player.script.sentence(item.start, item.end, item.text, item.places)

    def sound(self, item: SoundMade) -> None:
        """More sound."""
        answer = self._of(item.message_id)
        if answer is None:
            return
        player = answer.player
        player.add(item.pcm)
        if item.done:
            player.end()
        if player.waiting_ms > AHEAD_MS_MAX:
            self._stage.tell(Failed(code="unavailable", text=TOO_MUCH_TEXT))
        elif player.waiting_ms > ENOUGH_MS and not answer.enough:
            answer.enough = True
            self._stage.channel.want(False)

    def report(self, message_id: str, played_ms: int) -> bool:
        """The listener has played so much of it."""
        answer = self._of(message_id)
        return answer is not None and answer.player.report(played_ms)

    def hold(self, held: bool) -> None:
        """Somebody speaks: nothing is said meanwhile."""
        self._held = held
        if self._answer is not None:
            self._answer.player.hold(held)

    def hush(self) -> None:
        """Nothing more is sent."""
        if self._answer is not None:
            self._answer.player.stop()

    def quiet(self, message_id: MessageId) -> None:
        """The same, of this reply."""
        if self._of(message_id) is not None:
            self.hush()

    def playback(self) -> Playback | None:
        """What was sent and heard by now; None if no answer is being given."""
        return self._answer.player.playback() if self._answer else None

    def end(self) -> None:
        """Give no answer any more. What was heard is stored by whoever knows why."""
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.player.stop()
            self._stage.channel.interrupt(answer.player.message_id, answer.player.playback().heard_ms)

    async def look(self) -> bool:
        """Note what was sent; when everything was heard, say so. Whether sound was sent since the last time."""
        answer = self._answer
        if answer is None:
            return False
        player = answer.player
        if answer.enough and player.waiting_ms < AGAIN_MS:
            answer.enough = False
            self._stage.channel.want(True)
        moved, answer.seen_ms = player.sent_ms > answer.seen_ms, player.sent_ms
        if player.finished and answer.written:
            self._answer = None
            played = player.playback()
            await self._need.database.write(lambda tx: acts.spoken(tx, played))
        elif moved:
            await self._note(answer)
        return moved

    async def _note(self, answer: _Answer) -> None:
        player = answer.player
        characters, sent_ms = player.script.begun(player.sent_ms), player.sent_ms
        if characters <= answer.noted or (answer.stream is not None and sent_ms - answer.noted_ms < PROGRESS_MS):
            return
        answer.noted, answer.noted_ms = characters, sent_ms
        message_id = player.message_id
        await self._need.database.write(lambda tx: ledger.sent(tx, message_id, characters, sent_ms))

    def _of(self, message_id: str) -> _Answer | None:
        answer = self._answer
        return answer if answer is not None and answer.player.message_id == message_id else None
