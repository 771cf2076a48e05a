"""Which language a text is in, as far as rules about wording need to know. Pure; unsure is None."""

import re
from collections.abc import Mapping

WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_KANA_HANGUL = re.compile(r"[\u3040-\u30ff\uac00-\ud7af]")


def word_set(words: str) -> frozenset[str]:
    """The words between white space."""
    return frozenset(words.split())


_COMMON: Mapping[str, frozenset[str]] = {
    "en": word_set(
        """
        the and of to a in is you are your that it with for on he she they not be this what does who
        as an or but from at by have has her his their asks about one when if
        """
    ),
    "de": word_set(
        """
        der die das und ist du sie er nicht ein eine einen mit zu auf dem den des dich dir ihr wir
        ich bist sind wird im von als auch aber wenn oder für sich es bei nach wie was nur noch
        """
    ),
    "fr": word_set(
        """
        le la les des et est vous tu il elle pas un une dans pour que qui sur avec ne se son sa ses
        au aux mais ou plus nous en du
        """
    ),
    "es": word_set(
        """
        el la los las y es en que de un una para con no por su se lo del al más pero como eres muy
        """
    ),
    "it": word_set("il lo gli e di che un una per con non si sono del della nel ma come sei è più le i la"),
    "nl": word_set("de het een en van is je niet dat met voor op te zijn ze hij in maar om ook als wat heeft"),
}
_SURE_WORDS = 3


def words_of(text: str) -> list[str]:
    """The words of a text in small letters; a run of Han characters is one."""
    return [word.casefold() for word in WORD.findall(text)]


def is_chinese(text: str) -> bool:
    """Whether mostly Han characters stand there, and neither kana nor Hangul."""
    han = len(_HAN.findall(text))
    return han > 0 and han * 2 >= len("".join(WORD.findall(text))) and not _KANA_HANGUL.search(text)


def language_of(text: str) -> str | None:
    """`en`, `de`, `fr`, `es`, `it`, `nl` or `zh`; None for another one, and for too few words to tell."""
    if is_chinese(text):
        return "zh"
    words = words_of(text)
    counts = {name: sum(1 for word in words if word in common) for name, common in _COMMON.items()}
    best = max(counts, key=lambda name: counts[name])
    others = max(count for name, count in counts.items() if name != best)
    return best if counts[best] >= _SURE_WORDS and counts[best] > others else None


def length_of(text: str) -> int:
    """How much is said, in words; two Han (or kana, or Hangul) characters count as one word."""
    dense = len(_HAN.findall(text)) + len(_KANA_HANGUL.findall(text))
    if not dense:
        return len(WORD.findall(text))
    rest = _KANA_HANGUL.sub(" ", _HAN.sub(" ", text))
    return dense // 2 + len(WORD.findall(rest))
