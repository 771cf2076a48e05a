"""What every voice session of a process works with."""

from parlour.attempts.voice.channels import Channels
from parlour.kernel.dataclass import dataclass
from parlour.settings.speech import VoiceSettings
from parlour.speech.recording import Spools
from parlour.storage.database import Database


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionNeed:
    """`language` is that of the engines; `timezone_name` decides where the day of the daily limit ends (4.7)."""

    database: Database
    channels: Channels
    spools: Spools
    rules: VoiceSettings
    language: str
    timezone_name: str
    reply_characters_max: int = 64_000
