"""The YAML of bundles: read back it is what was written, and the same is always written the same."""

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from parlour.library.bundles.writing import document

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",)), max_size=60),
    st.text("ab :#-\n\t,'\"{}[]|>&*!%@`?~0\u200d\u3000é漢", max_size=60),
    st.lists(st.sampled_from(["word", "long-word" * 4, "it's", "#", "-", "yes", "a:", "", "1.5"]), max_size=60).map(
        " ".join
    ),
    st.sampled_from(
        ["yes", "No", "null", "~", "1", "1e5", "0x1F", "2026-01-31", "12:30", "- a", "a: b", "a #b", "---"]
    ),
)
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(-(10**9), 10**9), TEXTS)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_what_is_written_is_read_back(members: dict[str, object]) -> None:
    text = document(members)
    assert (yaml.safe_load(text) or {}) == members
    assert (yaml.load(text, Loader=yaml.CSafeLoader) or {}) == members
    assert document(members) == text


@settings(max_examples=400, deadline=None)
@given(st.lists(st.text("aé :?,-#'\"[]{}|>&*!%@`~.0/\\=<", max_size=5), max_size=4))
@example(["A?"])
def test_short_words_stand_in_one_line_only_if_every_reader_reads_them(words: list[str]) -> None:
    text = document({"words": words})
    assert yaml.safe_load(text) == yaml.load(text, Loader=yaml.CSafeLoader) == {"words": words}


def test_texts_read_well() -> None:
    long = "One sentence that is as long as an author writes them, " * 4
    written = document(
        {
            "name": "Maya: first year",
            "icon": "🌱",
            "instructions": "You are Maya.\n\n  Indented.\nThe end.",
            "description": long.strip(),
            "personas": ["maya", "ben"],
            "examples": ["It's fine."],
            "points": 5,
            "price": 0.00001,
            "empty": [],
        }
    )
    assert written.splitlines() == [
        'name: "Maya: first year"',
        'icon: "🌱"',
        "instructions: |-",
        "  You are Maya.",
        "",
        "    Indented.",
        "  The end.",
        "description: >-",
        *(f"  {line}" for line in _lines(long.strip())),
        "personas: [maya, ben]",
        "examples:",
        "  - It's fine.",
        "points: 5",
        "price: 0.00001",
        "empty: []",
    ]


def _lines(text: str) -> list[str]:
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        lines[-1:] = [joined] if len(joined) <= 108 else [lines[-1], word]
    return lines
