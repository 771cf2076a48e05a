"""What a paper says about itself, how DOIs and names of papers are compared, and summaries. Pure."""

import pytest

from parlour.assistant.papers.about import bare_doi, describe, fold_doi, name_words
from parlour.assistant.papers.summary import summarise
from parlour.files.entities import Details


@pytest.mark.parametrize(
    "written",
    [
        "10.1000/XYZ",
        "doi:10.1000/xyz",
        "DOI: 10.1000/xyz ",
        "https://doi.org/10.1000/xyz",
        "http://dx.doi.org/10.1000/XYZ",
        "doi.org/10.1000%2Fxyz",
    ],
)
def test_a_doi_is_compared_without_prefix_and_case(written: str) -> None:
    assert fold_doi(written) == "10.1000/xyz"
    assert bare_doi(written).casefold() == "10.1000/xyz"


def test_what_the_file_states_goes_before_what_its_text_says() -> None:
    page = (
        "A title in the text\n\nAuthors: Mei Lin, Ada Okafor and Jonas Brandt\n2024\n(doi:10.5555/a.b).\nKeywords: x; y"
    )
    found = describe([page], "file.pdf", None)
    assert (found.title, found.doi, found.year) == ("A title in the text", "10.5555/a.b", 2024)
    assert found.authors == ("Mei Lin", "Ada Okafor", "Jonas Brandt")
    assert found.keywords == ("x", "y")
    stated = describe([page], "file.pdf", Details(title="Stated", authors=("N. N.",), doi="doi:10.5555/C", year=1999))
    assert (stated.title, stated.authors, stated.doi, stated.year) == ("Stated", ("N. N.",), "10.5555/C", 1999)
    nothing = describe([""], "Old scan.pdf", None)
    assert (nothing.title, nothing.doi, nothing.authors, nothing.year) == ("Old scan", None, (), None)


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ("this paper", []),
        ("这篇论文", []),
        ("the paper on Contacts to MoS2", ["contacts", "mos2"]),
        ("关于机械剥离的论文", ["机械剥离"]),
    ],
)
def test_words_that_only_point_tell_no_title(named: str, words: list[str]) -> None:
    assert name_words(named) == words


def test_a_summary_is_made_of_sentences_of_the_paper() -> None:
    text = (
        "We measured the drift of a stage over many nights. The drift follows the temperature of the scale.\n\n"
        "Results show a drift of two micrometres in forty minutes. Coffee was served at ten in the morning.\n\n"
        "The drift and the temperature of the scale are measured together. Short one.\n\n"
        "References\n\n[1] The drift of drifts, a long title about drift and temperature and the scale."
    )
    summary = summarise([text], "Abstract first sentence of the drift paper. A second one follows it here.")
    lines = [line.removeprefix("- ") for line in summary.splitlines()]
    assert lines[:2] == ["Abstract first sentence of the drift paper.", "A second one follows it here."]
    assert all(line in text for line in lines[2:])
    assert not any("long title" in line for line in lines)
    assert summarise([text], None) == summarise([text], None)


def test_a_chinese_summary_ends_sentences_where_they_end() -> None:
    text = "我们测量了接触电阻随退火温度的变化。结果表明一百八十度时电阻最低。实验在氩气中进行。今天的天气很好。"
    lines = summarise([text], None).splitlines()
    assert lines[0] == "- 我们测量了接触电阻随退火温度的变化。"
    assert "- 结果表明一百八十度时电阻最低。" in lines


def test_what_has_no_sentence_has_no_summary() -> None:
    assert summarise(["12 34 56"], None) == ""
