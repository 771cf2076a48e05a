"""Every sentence that the assistant's server itself says, in English and in Chinese (lab protocol 0).

Each module has `EN` and `ZH` with the same keys. `sentence(language, "key", name=...)` fills one in.
A key begins with its module's name: `questions.authorize`.
"""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

from parlour.assistant.entities import Language


def _all() -> Mapping[Language, Mapping[str, str]]:
    found: dict[Language, dict[str, str]] = {"en": {}, "zh": {}}
    for module in iter_modules(__path__):
        texts = import_module(f"{__name__}.{module.name}")
        found["en"] |= {f"{module.name}.{key}": text for key, text in texts.EN.items()}
        found["zh"] |= {f"{module.name}.{key}": text for key, text in texts.ZH.items()}
    return found


SENTENCES = _all()


def sentence(language: Language, key: str, **values: object) -> str:
    """The sentence in that language. `KeyError` for one that does not exist: a bug."""
    return SENTENCES[language][key].format(**values)
