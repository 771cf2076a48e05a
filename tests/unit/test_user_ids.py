"""User ids (lab protocol 1.1): which there may be, and when two are the same."""

import sys
import unicodedata

import pytest

from parlour.accounts.names import checked_user_id, fold, is_user_id


@pytest.mark.parametrize(
    "user_id",
    [
        "a",
        "Ada",
        "ada lovelace",
        "o.b-c_d@lab.example",
        "李雷",
        "Zoë",
        "नेहा",
        "Ωμέγα",
        "x" * 64,
        "٣",
        "...",
        "e\u0301" * 64,
    ],
)
def test_letters_digits_and_marks_of_any_script_make_an_id(user_id: str) -> None:
    assert is_user_id(user_id)
    assert checked_user_id(user_id) == unicodedata.normalize("NFC", user_id)


@pytest.mark.parametrize(
    "user_id",
    [
        *(
            "",
            " ",
            ".",
            "..",
            " a",
            "a ",
            "a/b",
            "a\\b",
            "a?b",
            "a#b",
            "a%b",
            "a:b",
            "a\nb",
            "a\0b",
            "a\u00a0b",
            "\u3000",
        ),
        *("x" * 65, "李" * 65, "\ud800", "a\u200db", "a\u202eb", "①", "½", "💡", "\u3164", "\ufe0f\ufe0f", "‥", "．"),
    ],
)
def test_nothing_else_does(user_id: str) -> None:
    assert not is_user_id(user_id)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada", "aDA"),
        ("ａｄａ", "ADA"),
        ("Straße", "STRASSE"),
        ("é", "E\u0301"),
        ("Ada", "Ada\ufe0f"),
        ("ſam", "SAM"),
        ("K", "k"),
    ],
)
def test_ids_are_compared_folded(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_ids_that_look_different_stay_different() -> None:
    assert len({fold(each) for each in ("ada", "adа", "áda", "a da", "a.da", "ada1", "ada٣")}) == 7


def test_folding_twice_is_folding_once() -> None:
    for code in range(sys.maxunicode + 1):
        once = fold(f"a{chr(code)}\u0345b")
        assert fold(once) == once, hex(code)
