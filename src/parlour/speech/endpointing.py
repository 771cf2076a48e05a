"""How long a pause must be to end a turn: it depends on whether what was said sounds finished (Glow 6.8.3)."""

import re

from parlour.kernel.dataclass import dataclass

_ENDED = re.compile(r"[.!?。！？…][\"'”’»」』）)\]]*\Z")
_COMMA = re.compile(r"[,;:–—，；：、-]\Z")
_LAST_WORD = re.compile(r"([^\W\d_]+(?:['’][^\W\d_]+)?)\W*\Z")
_ENGLISH = (
    "and or but because so if when while although though that which who whose where than as unless until since "
    "the a an my your his her its our their this these those to of for with from at by in on into about "
    "um uh er erm hmm like well i'm we're they're you're it's i'll we'll is are was were "
    "und oder aber denn weil dass wenn als ob sondern obwohl damit während bis bevor nachdem sodass "
)
_GERMAN = (  # also ends of separable verbs ("an", "aus", "zu"): they only cost a longer pause
    "der die das den dem des ein eine einen einem einer eines mein meine dein deine ihr ihre unser unsere "
    "zu von mit für auf im am vom zum zur aus bei nach über unter um äh ähm hm also"
)
_GOING_ON = frozenset((_ENGLISH + _GERMAN).split())  # after these nobody stops
_GOING_ON_CHINESE = re.compile(
    r"(?:和|跟|与|或者|还是|但是|可是|不过|因为|所以|如果|虽然|而且|并且|以及|然后|就是|那个|这个|比如|关于|对于|嗯|呃|额)\W*\Z"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class PauseRules:
    """Milliseconds of silence that end a turn: usually, after a finished sentence, and after an unfinished one."""

    silence_ms: int = 500
    silence_ended_ms: int = 300
    silence_unfinished_ms: int = 1_000


def pause_ms(words_so_far: str, rules: PauseRules) -> int:
    """How long it must be quiet after these words before the turn is the other's. No words yet: the usual pause."""
    text = words_so_far[-200:].rstrip()
    if _ENDED.search(text):
        return rules.silence_ended_ms
    return rules.silence_unfinished_ms if is_unfinished(text) else rules.silence_ms


def is_unfinished(words: str) -> bool:
    """Whether somebody who said this clearly goes on: a comma, a conjunction, a filler (en, de, zh)."""
    if _COMMA.search(words) or _GOING_ON_CHINESE.search(words):
        return True
    last = _LAST_WORD.search(words)
    return last is not None and last[1].lower().replace("’", "'") in _GOING_ON
