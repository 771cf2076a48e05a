"""What a word is, the same for what is indexed and for what is asked, on every store.

Text is folded (NFKC, case). Runs of Chinese, Japanese and Korean become overlapping pairs; numbers
stand apart from their units; Latin words lose a plural or verbal ending. A store is given each word
as plain ASCII, so that its own idea of letters plays no part.
"""

import re
import unicodedata
from functools import lru_cache

WORD_CHARS_MAX = 48
_CJK = (
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUN = re.compile(rf"([{_CJK}]+)|(\d+(?:[.,]\d+)*)|([^\W\d_{_CJK}][^\W_{_CJK}]*)")
_VOWELS = frozenset("aeiouy")


def terms_of(text: str) -> list[str]:
    """The words of a text as they are indexed, in order. Of a CJK run also the last character by itself,
    so that every character begins a word and can be asked for alone."""
    return _terms(folded(text), closing=True)


def query_terms(text: str, most: int = 24) -> list[str]:
    """The distinct words of a question without those that say nothing, unless only such are there."""
    plain = folded(text)
    found = list(dict.fromkeys(_terms(_ASKING.sub(" ", plain), closing=False)))
    telling = [term for term in found if term not in _STOP]
    return (telling or found or list(dict.fromkeys(_terms(plain, closing=False))))[:most]


def is_single(term: str) -> bool:
    """Whether an asked word is one CJK character: it stands for every word that begins with it."""
    return len(term) == 1 and _SINGLE.match(term) is not None


def folded(text: str) -> str:
    """The form in which texts are compared: compatibility characters and case do not count."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


@lru_cache(maxsize=65_536)
def ascii_form(term: str) -> str:
    """The word as a store is given it: letters a to z and digits only."""
    return term if term.isascii() else "u" + "".join(f"{ord(each):x}" for each in term)


def _terms(plain: str, *, closing: bool) -> list[str]:
    found: list[str] = []
    for match in _RUN.finditer(plain):
        kind, run = match.lastindex, match[0]
        if kind == 1:
            found.extend(run[at : at + 2] for at in range(len(run) - 1))
            if closing or len(run) == 1:
                found.append(run[-1])
        else:
            found.append(_number(run) if kind == 2 else _stem(run))
    return found


def _number(digits: str) -> str:
    """`2.5` as one word; no word of a text can be the same, since letters never follow digits in one."""
    return digits.replace(",", "").replace(".", "p")[:WORD_CHARS_MAX]


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    if not word.isascii() or len(word) < 4 or not word.isalpha():
        return word[:WORD_CHARS_MAX]
    word = _singular(word)
    for ending in ("ing", "ed"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= 4 and _VOWELS & set(stem):
            word = stem[:-1] if stem[-1] == stem[-2] and stem[-1] not in "lsz" else stem
            break
    if word.endswith("e") and len(word) > 4:
        word = word[:-1]
    return word[:WORD_CHARS_MAX]


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


_SINGLE = re.compile(f"[{_CJK}]")
_ASKING = re.compile(
    "请问|请|什么|怎么样|怎么|怎样|为什么|如何|多少|哪些|哪个|哪里|哪|是否|是不是|有没有|关于|告诉我|查找|查询|搜索|找到"
    "|我们|你们|他们|它们|[的了吗呢吧啊是在和与或及有我你他她它这那就都也把被从到给请]"
)
_STOP_WORDS = """
a about above after all also am an and any are as at be been before being between both but by can could did do does
doing done down during each find for from further get give had has have having he her here hers him his how i if in
into is it its itself just know let list look me more most my no nor not now of off on once only or other our ours out
over own paper papers please say says search should show so some such tell than that the their them then there these
they this those through to too under until up us very was we were what when where which while who whom why will with
would you your yours
"""
_STOP = frozenset(_stem(word) for word in _STOP_WORDS.split())
