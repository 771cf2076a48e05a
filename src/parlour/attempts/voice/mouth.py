"""The mouth of the local chain: an answer that is still being written is said sentence by sentence."""

import asyncio
from collections import deque
from contextlib import aclosing

from parlour.attempts.voice.channels import Failed, SentenceBegan, SoundMade, Tell
from parlour.attempts.voice.holders import SOUND_RATE
from parlour.kernel.ids import MessageId
from parlour.kernel.refusals import ProviderFault
from parlour.speech.pcm import Resampler
from parlour.speech.ports import Synthesizer, Voice
from parlour.speech.sentences import Piece, SentenceSplitter
from parlour.speech.speakable import speakable_with_map

UNAVAILABLE_TEXT = "The voice service is not available."


class Mouth:
    """Says one answer. `seconds_max`: how long the engine may be silent. Used from the event loop only."""

    def __init__(
        self, message_id: MessageId, tell: Tell, synthesizer: Synthesizer, voice: Voice, seconds_max: float
    ) -> None:
        self.message_id = message_id
        self._tell = tell
        self._synthesizer = synthesizer
        self._voice = voice
        self._seconds_max = seconds_max
        self._splitter = SentenceSplitter()
        self._pieces: deque[Piece] = deque()
        self._more = asyncio.Event()
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._done = False
        self.task = asyncio.create_task(self._run(), name="voice-mouth")

    def text(self, text: str, *, done: bool) -> None:
        """More of the answer; `done`: all of it is there."""
        self._pieces.extend(self._splitter.feed(text))
        if done and not self._done:
            self._pieces.extend(self._splitter.finish())
            self._done = True
        self._more.set()

    def want(self, more: bool) -> None:
        """Go on, or wait where the engine is now."""
        if more:
            self._wanted.set()
        else:
            self._wanted.clear()

    async def _run(self) -> None:
        try:
            while True:
                while self._pieces:
                    await self._say(self._pieces.popleft())
                if self._done:
                    break
                self._more.clear()
                await self._more.wait()
            self._tell(SoundMade(message_id=self.message_id, pcm=b"", done=True))
        except (ProviderFault, TimeoutError):
            self._tell(Failed(code="unavailable", text=UNAVAILABLE_TEXT))

    async def _say(self, piece: Piece) -> None:
        spoken = speakable_with_map(piece.text)
        if not spoken.text:
            return
        places = tuple(piece.start + place for place in spoken.places)
        self._tell(
            SentenceBegan(message_id=self.message_id, start=piece.start, end=piece.end, text=spoken.text, places=places)
        )
        resampler = Resampler(self._synthesizer.rate, SOUND_RATE)
        async with aclosing(self._synthesizer.speak(spoken.text, self._voice)) as sound:
            while True:
                await self._wanted.wait()
                async with asyncio.timeout(self._seconds_max):
                    made = await anext(sound, None)
                if made is None:
                    break
                self._tell(SoundMade(message_id=self.message_id, pcm=resampler.feed(made)))
        self._tell(SoundMade(message_id=self.message_id, pcm=resampler.flush()))
