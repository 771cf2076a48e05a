"""What a criterion is about, so that one that is about two things is seen (double-barrelled). Pure."""

import re
from collections.abc import Mapping

from parlour.library.checks.languages import is_chinese, words_of

# Skills that somebody can have one of without the other. Beginnings of words, English and German; Chinese words whole.
_MATTERS: Mapping[str, tuple[str, ...]] = {
    "warmth": (
        "empath", "warmth", "respect", "kindness", "rapport", "polite", "courte", "compassion", "friendl",
        "höflich", "freundlich", "wertschätz", "einfühl", "共情", "同理心", "尊重", "礼貌",
    ),
    "questions": ("question", "listening", "exploring", "fragen", "fragetechnik", "zuhören", "提问", "倾听"),
    "time": ("time management", "timekeeping", "punctual", "time-keeping", "pacing", "zeitmanagement", "pünktlich",
             "时间管理", "守时"),
    "knowledge": (
        "knowledge", "accuracy", "factual", "diagnos", "dosage", "calculation", "expertise", "fachwissen",
        "fachkenntnis", "sachkenntnis", "知识", "准确", "诊断",
    ),
    "language": ("grammar", "spelling", "vocabulary", "pronunciation", "punctuation", "grammatik", "rechtschreibung",
                 "aussprache", "wortschatz", "语法", "拼写", "发音", "词汇"),
    "clarity": ("clarity", "clearness", "verständlichkeit", "清晰"),
    "records": ("documentation", "documenting", "note-taking", "record keeping", "record-keeping", "paperwork",
                "dokumentation", "记录", "文档"),
    "agreement": ("next step", "follow-up", "action plan", "goal setting", "goal-setting", "nächste schritte",
                  "zielvereinbarung", "下一步", "行动计划"),
    "hygiene": ("hygiene", "dress", "appearance", "kleidung", "erscheinungsbild", "着装", "卫生"),
    "teamwork": ("teamwork", "team work", "delegation", "teamarbeit", "团队合作"),
    "creativity": ("creativ", "originality", "kreativ", "创造力", "创新"),
}  # fmt: skip
_JOINT = re.compile(r"\s+(?:and|as well as|plus|und|sowie)\s+|\s*[&/,;+]\s*|\s*[、，]\s*|[和与及]", re.IGNORECASE)
_SENTENCE = re.compile(r"[.!?\u3002\uff01\uff1f]+")
_PART_WORDS_MAX = 5
_LOOKED_AT_MAX = 2_000  # characters; who lists more than that names no criterion


def two_matters(text: str) -> tuple[str, str] | None:
    """Two parts of a name (or a short list in a sentence) that are about different skills; None if there are none."""
    for sentence in _SENTENCE.split(text[:_LOOKED_AT_MAX]):
        parts = [part.strip() for part in _JOINT.split(sentence) if part and part.strip()]
        found = [(part, matter) for part in parts if _is_short(part) and (matter := _matter(part)) is not None]
        for part, matter in found:
            other = next((each for each, its in found if its != matter), None)
            if other is not None:
                return part, other
    return None


def _is_short(part: str) -> bool:
    return len(part) <= 12 if is_chinese(part) else len(words_of(part)) <= _PART_WORDS_MAX


def _matter(part: str) -> str | None:
    plain = f" {part.casefold()}"
    found = {
        matter
        for matter, words in _MATTERS.items()
        if any((word in plain if is_chinese(word) else f" {word}" in plain) for word in words)
    }
    return found.pop() if len(found) == 1 else None
