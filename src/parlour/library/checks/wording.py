"""Words that say how good something is without saying what it is, and texts that say the same. Pure.

English first, then German and Chinese; a text in another language is left alone where a rule needs to know words.
"""

import re
from collections.abc import Mapping, Sequence

from parlour.library.checks.languages import WORD, is_chinese, word_set, words_of

# Praise and blame without content.
_JUDGING = word_set(
    """
        good better best great excellent outstanding exceptional superb perfect fantastic nice fine
        okay ok adequate acceptable satisfactory sufficient average moderate fair reasonable decent
        mediocre poor bad weak insufficient inadequate unsatisfactory unacceptable terrible strong
        solid effective ineffective appropriate inappropriate proper properly well badly poorly
        excellently adequately appropriately effectively sufficiently satisfactorily suitably
        competent incompetent high low medium limited basic advanced proficient exemplary positive
        negative professional correct correctly quality right successful successfully gut gute guter
        gutes guten besser beste besten sehr ausgezeichnet hervorragend befriedigend ausreichend
        mangelhaft ungenügend schlecht schlechte mittel mittelmäßig angemessen angemessene
        angemessenes gelungen passend schwach stark solide exzellent ordentlich genügend ungenügende
        """
)
# Degrees and frequencies: what is left when levels differ in nothing else.
_DEGREES = word_set(
    """
        very quite rather really extremely highly fairly somewhat slightly mostly partly partially
        fully completely totally entirely mainly largely generally usually often sometimes rarely
        seldom never always occasionally frequently consistently regularly hardly barely almost
        nearly more less some most many few several much little a-lot lot lots bit adequately
        clearly ziemlich etwas eher meist meistens oft manchmal selten nie immer gelegentlich häufig
        stets teilweise völlig weitgehend kaum überwiegend durchweg viel wenig einige mehr weniger
        """
)
# Words that every criterion could have.
_EMPTY = word_set(
    """
        the a an of in to and or with at is are was be been being has have had does do did it its
        this that these those their his her they he she on for by as from not no learner learners
        student students trainee participant candidate person user you your level performance
        demonstrates demonstrate demonstrated shows show showed shown displays display exhibits
        performs perform performed meets exceeds below above expectations expectation standard
        standards criterion criteria skill skills ability abilities way manner job work use uses
        using handles overall all achieved achieves understanding communication communicates
        communicate conversation der die das den dem des ein eine einen einer eines und oder mit ist
        sind im in zu auf von für nicht lernende lernender lernenden person leistung leistungen
        zeigt erfüllt anforderungen kriterium niveau stufe gespräch verhalten kommunikation
        kommuniziert
        """
)
_CHINESE_JUDGING = re.compile(
    "非常|比较|优秀|良好|很好|较好|一般|不好|较差|很差|出色|及格|合格|不足|优|良|中|差|好|很|的|地|得"
)
_CHINESE_EMPTY = re.compile("学员|学生|学习者|表现|水平|能力|沟通|展示|达到|标准|要求|做|能够|能|有|是|了|程度")
_NEGATIONS = word_set(
    """
        not no never none nothing neither nor without cannot can't don't doesn't didn't isn't aren't
        won't fails lacks ignores misses avoids nicht kein keine keinen keiner nie niemals ohne
        nichts
        """
)
_NUMBER_WORDS = word_set(
    """
        zero one two three four five six seven eight nine ten once twice first second third both
        single half all every each any only null ein eine eins zwei drei vier fünf sechs sieben acht
        neun zehn einmal zweimal beide alle jede jeder nur
        """
)
_POSITIVE_NAMES = word_set(
    """
        good great acceptable competent excellent outstanding satisfactory strong perfect exemplary well proficient gut
        hervorragend ausgezeichnet befriedigend 好 优秀 良好 很好
        """
)
_RANKS: Mapping[str, int] = {
    **dict.fromkeys(("unacceptable", "insufficient", "failing", "unsatisfactory", "ungenügend", "不合格"), 0),
    **dict.fromkeys(("poor", "weak", "bad", "inadequate", "mangelhaft", "schlecht", "差"), 1),
    **dict.fromkeys(
        (
            "beginning",
            "basic",
            "adequate",
            "acceptable",
            "competent",
            "satisfactory",
            "fair",
            "ausreichend",
            "befriedigend",
            "及格",
        ),
        2,
    ),
    **dict.fromkeys(("good", "proficient", "gut", "良好", "好"), 3),
    **dict.fromkeys(("excellent", "outstanding", "exemplary", "hervorragend", "ausgezeichnet", "优秀"), 4),
}
_NUMBER = re.compile(r"\d+")
_MOSTLY_THE_SAME = 0.9


def is_vague(description: str, about: str = "") -> bool:
    """Whether a description judges and says nothing that could be seen or heard.

    `about` is the name of its criterion: repeating it adds nothing. Empty is another matter.
    """
    if is_chinese(description):
        rest = _CHINESE_EMPTY.sub("", _CHINESE_JUDGING.sub("", "".join(WORD.findall(description))))
        for character in about:
            rest = rest.replace(character, "")
        return bool(_CHINESE_JUDGING.search(description)) and len(rest) <= 2
    words = words_of(description)
    if _NUMBER.search(description) or not any(word in _JUDGING or word in _DEGREES for word in words):
        return False
    stems = {stem(word) for word in words_of(about)}
    left = [word for word in words if word not in _JUDGING | _DEGREES | _EMPTY and stem(word) not in stems]
    return not left


def says_the_same(one: str, other: str) -> bool:
    """Whether two descriptions differ in nothing, or only in how much and how often.

    Numbers and negations make a difference. Chinese is compared by pairs of characters, and must be nearly equal.
    """
    if one.casefold().split() == other.casefold().split():
        return True
    if is_chinese(one) or is_chinese(other):
        return _dice(one, other) >= _MOSTLY_THE_SAME and _NUMBER.findall(one) == _NUMBER.findall(other)
    first, second = words_of(one), words_of(other)
    if _telling(first, one) != _telling(second, other):
        return False
    left, right = _content(first), _content(second)
    if not left or not right:
        return False
    return len(left & right) / len(left | right) >= _MOSTLY_THE_SAME


def differ_in_degree(one: str, other: str) -> Sequence[str]:
    """The degrees and frequencies in which two descriptions differ."""
    first, second = set(words_of(one)), set(words_of(other))
    return sorted((first ^ second) & (_DEGREES | _JUDGING))


def is_positive_name(name: str) -> bool:
    """Whether a level's name alone is praise ("Good")."""
    words = words_of(name)
    return bool(words) and any(word in _POSITIVE_NAMES for word in words) and not any(w in _NEGATIONS for w in words)


def rank_of_name(name: str) -> int | None:
    """Where a level's name stands on the usual scales, from 0; None if it is not on them."""
    words = words_of(name)
    if not words or any(word in _NEGATIONS or word in ("very", "sehr", "needs", "below", "above") for word in words):
        return None
    ranks = {_RANKS[word] for word in words if word in _RANKS}
    return ranks.pop() if len(ranks) == 1 else None


def stem(word: str) -> str:
    """A word without its ending, roughly: enough to find the word of a name again."""
    for ending in ("fully", "ically", "ation", "ness", "tion", "ing", "ful", "ly", "ed", "es", "ic", "y", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def _telling(words: Sequence[str], text: str) -> tuple[list[str], list[str], list[str]]:
    """What makes a difference between two levels whatever else they say."""
    return (
        _NUMBER.findall(text),
        [word for word in words if word in _NUMBER_WORDS],
        sorted(word for word in words if word in _NEGATIONS - {"never", "nie"}),
    )


def _content(words: Sequence[str]) -> set[str]:
    return {stem(word) for word in words if word not in _DEGREES | _JUDGING and word not in ("a", "an", "the", "of")}


def _dice(one: str, other: str) -> float:
    first, second = _pairs(one), _pairs(other)
    return 2 * len(first & second) / max(1, len(first) + len(second))


def _pairs(text: str) -> set[str]:
    joined = "".join(WORD.findall(text))
    return {joined[at : at + 2] for at in range(len(joined) - 1)}
