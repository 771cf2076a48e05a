"""The learner's turns on a realtime line: which words belong to which speech. Pure.

A turn has the id that the service gave it when speech began. When we end a turn, the service may store it
under another id: the next `committed` message says which. A forgotten turn is deleted where it was stored.
"""

from collections import OrderedDict, deque

from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import ProviderFault
from parlour.providers.speech.outside import TOO_LARGE
from parlour.providers.speech.realtime_format import Message
from parlour.speech.realtime import LineEvent, SpeechBegan, SpeechEnded, WordsKnown, WordsLost, WordsSoFar

TURNS_MAX = 64
WORDS_CHARS_MAX = 100_000
_SPEECH = "input_audio_buffer."
_WORDS = "conversation.item.input_audio_transcription."


@dataclass(kw_only=True, slots=True)
class _Turn:
    item_id: str
    ended: bool = False
    stored: str | None = None
    """Under which id the service keeps it, once it does."""
    forgotten: bool = False
    known: bool = False
    text: str = ""


class Turns:
    """The last turns, at most `TURNS_MAX`."""

    def __init__(self) -> None:
        self._turns: OrderedDict[str, _Turn] = OrderedDict()
        self._commits: deque[str] = deque(maxlen=TURNS_MAX)

    def committing(self, item_id: str) -> bool:
        """We end this turn: False if the service has ended it already."""
        turn = self._turns.get(item_id)
        if turn is None or turn.ended:
            return False
        turn.ended = True
        self._commits.append(item_id)
        return True

    def forget(self, item_id: str) -> str | None:
        """Tell nothing more of a turn; the id under which it must be deleted, if it is stored already."""
        turn = self._turns.get(item_id)
        if turn is None or turn.forgotten:
            return None
        turn.forgotten = True
        return turn.stored

    def nothing_there(self, item_id: str | None) -> list[LineEvent]:
        """The service found nothing to end: then nothing was said, unless it had ended the turn itself."""
        if item_id in self._commits:
            self._commits.remove(item_id)
        turn = self._turns.get(item_id or "")
        if turn is None or turn.known or turn.stored is not None or turn.forgotten:
            return []
        turn.known = True
        return [WordsKnown(item_id=turn.item_id, text="")]

    def take(self, kind: str, message: Message) -> tuple[list[LineEvent], str | None]:
        """What a message about speech means, and the id of a turn that the service should delete."""
        item_id = message.item_id
        if item_id is None:
            return [], None
        match kind.removeprefix(_SPEECH).removeprefix(_WORDS):
            case "speech_started":
                self._keep(_Turn(item_id=item_id))
                return [SpeechBegan(item_id=item_id, at_ms=round(message.audio_start_ms or 0))], None
            case "speech_stopped":
                return self._stopped(item_id, round(message.audio_end_ms or 0)), None
            case "committed":
                return [], self._committed(item_id)
            case "delta":
                return self._more(item_id, message.delta or ""), None
            case "completed":
                return self._done(item_id, message.transcript or "")
            case "failed":
                return self._lost(item_id), None
            case _:
                return [], None

    def _stopped(self, item_id: str, at_ms: int) -> list[LineEvent]:
        turn = self._turns.get(item_id)
        if turn is None or turn.ended:
            return []
        turn.ended = True
        return [] if turn.forgotten else [SpeechEnded(item_id=item_id, at_ms=at_ms)]

    def _committed(self, item_id: str) -> str | None:
        turn = self._turns.get(item_id)
        if turn is None and self._commits:
            turn = self._turns.get(self._commits[0])
        if turn is None:
            return None
        if turn.item_id in self._commits:
            self._commits.remove(turn.item_id)
        turn.stored = item_id
        return item_id if turn.forgotten else None

    def _more(self, item_id: str, text: str) -> list[LineEvent]:
        turn = self._find(item_id)
        if turn is None or turn.known or not text:
            return []
        turn.text += text
        if len(turn.text) > WORDS_CHARS_MAX:
            raise ProviderFault(TOO_LARGE, retryable=False)
        return [] if turn.forgotten else [WordsSoFar(item_id=turn.item_id, text=turn.text)]

    def _done(self, item_id: str, text: str) -> tuple[list[LineEvent], str | None]:
        turn = self._find(item_id)
        if turn is None or turn.known:
            return [], None
        if len(text) > WORDS_CHARS_MAX:
            raise ProviderFault(TOO_LARGE, retryable=False)
        turn.known, turn.text = True, ""
        if turn.forgotten:
            return [], None
        words = text.strip()
        return [WordsKnown(item_id=turn.item_id, text=words)], None if words else item_id

    def _lost(self, item_id: str) -> list[LineEvent]:
        turn = self._find(item_id)
        if turn is None or turn.known:
            return []
        turn.known, turn.text = True, ""
        return [] if turn.forgotten else [WordsLost(item_id=turn.item_id)]

    def _find(self, item_id: str) -> _Turn | None:
        return self._turns.get(item_id) or next((each for each in self._turns.values() if each.stored == item_id), None)

    def _keep(self, turn: _Turn) -> None:
        self._turns[turn.item_id] = turn
        while len(self._turns) > TURNS_MAX:
            self._turns.popitem(last=False)
