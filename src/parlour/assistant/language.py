"""Which language a person writes in (lab protocol 0)."""

import re

from parlour.assistant.entities import Language

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def language_of(text: str) -> Language:
    """Chinese when there is a Han character, otherwise English."""
    return "zh" if _HAN.search(text) else "en"
