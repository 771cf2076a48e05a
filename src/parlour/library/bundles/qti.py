"""QTI 2.1 and 3.0: items with one choice interaction, as a file or in a zip package.

Everything else is refused with its line and the reason. XML comes from strangers: a document type or an entity is
refused before anything is expanded, and sizes, depths and numbers are bounded before anything is kept.
"""

import html
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import field
from typing import Literal
from xml.parsers import expat

from parlour.kernel.dataclass import dataclass
from parlour.library.bundles.given import BYTES_MAX
from parlour.library.bundles.quiz import (
    SHOWN,
    QuizFault,
    QuizFaults,
    QuizOption,
    QuizQuestion,
    question_fault,
    spaced,
    taken,
    tidy,
)

Version = Literal["2.1", "3.0"]
DEPTH_MAX = 60
NODES_MAX = 50_000
ENTRIES_MAX = 600
INFLATED_BYTES_MAX = 16 * 1024 * 1024
_ZIP = b"PK\x03\x04"
_BLOCKS = frozenset({"p", "div", "br", "li", "ul", "ol", "pre", "blockquote", "prompt"})
_EPOCH = (1980, 1, 1, 0, 0, 0)
_NAMESPACES = {
    "2.1": "http://www.imsglobal.org/xsd/imsqti_v2p1",
    "3.0": "http://www.imsglobal.org/xsd/imsqtiasi_v3p0",
}
_RESPONSE = {
    "2.1": "http://www.imsglobal.org/question/qti_v2p1/rptemplates/match_correct",
    "3.0": "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/match_correct.xml",
}


@dataclass(slots=True)
class _Node:
    """An element; its name is that of QTI 2 in small letters, whichever version wrote it."""

    name: str
    attributes: dict[str, str]
    line: int
    children: "list[_Node | str]" = field(default_factory=list["_Node | str"])

    def all(self, name: str) -> "Iterator[_Node]":
        """Every element of this name in it."""
        for child in self.children:
            if isinstance(child, _Node):
                if child.name == name:
                    yield child
                yield from child.all(name)

    def inner(self) -> "Iterator[_Node]":
        """Every element in it."""
        for child in self.children:
            if isinstance(child, _Node):
                yield child
                yield from child.inner()


class _RefusedError(Exception):
    """Why an item is not taken, and where."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.fault = QuizFault(line=line, reason=reason)


def read_qti(content: bytes) -> tuple[QuizQuestion, ...]:
    """The questions of an item, a test with items in it, or a package. Raises `QuizFaults` with all that is refused."""
    files = _unpacked(content) if content.startswith(_ZIP) else [("", content)]
    found: list[QuizQuestion] = []
    faults: list[QuizFault] = []
    for name, body in files:
        try:
            items = list(_items(_tree(body)))
        except _RefusedError as refused:
            faults.append(QuizFault(line=refused.fault.line, reason=refused.fault.reason, file=name))
            continue
        for item in items:
            try:
                found.append(_question(item))
            except _RefusedError as refused:
                faults.append(QuizFault(line=refused.fault.line, reason=refused.fault.reason, file=name))
    return taken(found, faults)


def write_qti(questions: Sequence[QuizQuestion], version: Version = "2.1") -> bytes:
    """Questions as a package, an item each; the same bytes for the same questions. Read again they are the same."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        names = [f"items/question-{number:03}.xml" for number in range(1, len(questions) + 1)]
        _add(archive, "imsmanifest.xml", _manifest(names, version))
        for number, (name, question) in enumerate(zip(names, questions, strict=True), 1):
            _add(archive, name, _item(number, question, version))
    return package.getvalue()


def _unpacked(content: bytes) -> list[tuple[str, bytes]]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        entries = archive.infolist()
        if len(entries) > ENTRIES_MAX:
            raise QuizFaults([QuizFault(line=1, reason=f"more than {ENTRIES_MAX} files in the archive")])
        found: list[tuple[str, bytes]] = []
        left = INFLATED_BYTES_MAX
        for entry in sorted(entries, key=lambda each: each.filename):
            name = entry.filename.rpartition("/")[2]
            if entry.is_dir() or not name.endswith(".xml") or name == "imsmanifest.xml":
                continue
            with archive.open(entry) as file:
                body = file.read(min(left, BYTES_MAX) + 1)
            left -= len(body)
            if left < 0 or len(body) > BYTES_MAX:
                raise QuizFaults([QuizFault(line=1, reason="it is too large when it is unpacked", file=name)])
            found.append((name, body))
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, EOFError, ValueError, OSError) as error:
        raise QuizFaults([QuizFault(line=1, reason="the archive cannot be read")]) from error
    return found


def _tree(body: bytes) -> _Node:
    """The elements of a file, without document types and entities, bounded."""
    if len(body) > BYTES_MAX:
        raise _RefusedError(1, f"the file is larger than {BYTES_MAX} bytes")
    root = _Node("", {}, 1)
    path = [root]
    parser = expat.ParserCreate()
    parser.buffer_text = True
    nodes = 0

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal nodes
        nodes += 1
        line = parser.CurrentLineNumber
        if nodes > NODES_MAX or len(path) > DEPTH_MAX:
            raise _RefusedError(line, "it has too many elements, or too many in each other")
        node = _Node(_plain_name(name), {_plain_name(key): value for key, value in attributes.items()}, line)
        path[-1].children.append(node)
        path.append(node)

    def end(name: str) -> None:
        path.pop()

    def words(text: str) -> None:
        path[-1].children.append(text)

    def refuse(*_: object) -> None:
        raise _RefusedError(parser.CurrentLineNumber, "a document type or an entity; write the file without")

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = begin, end, words
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise _RefusedError(error.lineno, f"not valid XML: {expat.ErrorString(error.code)}") from error
    except (LookupError, ValueError) as error:
        raise _RefusedError(1, "its encoding is not known") from error
    return root


def _plain_name(name: str) -> str:
    return name.rpartition(":")[2].removeprefix("qti-").replace("-", "").lower()


def _items(root: _Node) -> Iterator[_Node]:
    top = next((child for child in root.children if isinstance(child, _Node)), None)
    if top is None:
        return
    items = [top] if top.name == "assessmentitem" else list(top.all("assessmentitem"))
    if not items and top.name != "assessmenttest":
        raise _RefusedError(top.line, "this is no QTI item")
    yield from items


def _question(item: _Node) -> QuizQuestion:
    body = next(item.all("itembody"), None)
    if body is None:
        raise _RefusedError(item.line, "the item has no body")
    interactions = [each for each in body.inner() if each.name.endswith("interaction")]
    for each in interactions:
        if each.name != "choiceinteraction":
            raise _RefusedError(each.line, f"a {each.name}; only choices can be asked")
    if len(interactions) != 1:
        raise _RefusedError(item.line, f"{len(interactions) or 'no'} choices in one item; one can be asked")
    asked = interactions[0]
    for each in body.inner():
        if each.name in SHOWN:
            raise _RefusedError(each.line, "a picture, sound or formula; only words can be asked")
    right, several = _response(item, asked)
    options = tuple(
        QuizOption(text=_words(each), correct=each.attributes.get("identifier", "") in right)
        for each in asked.all("simplechoice")
    )
    outside = _words(body, leave_out=asked)
    prompt = "\n".join(_words(each) for each in asked.all("prompt"))
    question = QuizQuestion(text=tidy(f"{outside}\n{prompt}"), options=options, allow_multiple=several)
    fault = question_fault(question)
    if fault is not None:
        raise _RefusedError(item.line, fault)
    return question


def _response(item: _Node, asked: _Node) -> tuple[frozenset[str], bool]:
    """The choices that are right, and whether several may be chosen."""
    wanted = asked.attributes.get("responseidentifier", "RESPONSE")
    declared = next(
        (each for each in item.all("responsedeclaration") if each.attributes.get("identifier") == wanted), None
    )
    if declared is None:
        raise _RefusedError(asked.line, "it is not said which answers are right")
    cardinality = declared.attributes.get("cardinality", "single")
    if cardinality not in ("single", "multiple"):
        raise _RefusedError(declared.line, f"the cardinality {cardinality}; only choices can be asked")
    correct = next(declared.all("correctresponse"), None)
    if correct is not None:
        right = frozenset(_words(each) for each in correct.all("value"))
    else:
        entries = (each.attributes for each in declared.all("mapentry"))
        right = frozenset(each.get("mapkey", "") for each in entries if _is_positive(each.get("mappedvalue", "")))
    return right, cardinality == "multiple"


def _is_positive(text: str) -> bool:
    try:
        return float(text) > 0
    except ValueError:
        return False


def _words(node: _Node, leave_out: _Node | None = None) -> str:
    return tidy("".join(_pieces(node, leave_out)))


def _pieces(node: _Node, leave_out: _Node | None) -> Iterator[str]:
    for child in node.children:
        if isinstance(child, str):
            yield spaced(child)
        elif child is not leave_out and child.name not in ("feedbackinline", "feedbackblock", "rubricblock"):
            block = child.name in _BLOCKS
            yield "\n" if block else ""
            yield from _pieces(child, leave_out)
            yield "\n" if block else ""


def _add(archive: zipfile.ZipFile, name: str, text: str) -> None:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, text.encode())


def _manifest(names: Sequence[str], version: Version) -> str:
    kind = "imsqti_item_xmlv2p1" if version == "2.1" else "imsqti_item_xmlv3p0"
    resources = "".join(
        f'    <resource identifier="question-{number:03}" type="{kind}" href="{name}">\n'
        f'      <file href="{name}"/>\n    </resource>\n'
        for number, name in enumerate(names, 1)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" identifier="questions">\n'
        f"  <organizations/>\n  <resources>\n{resources}  </resources>\n</manifest>\n"
    )


def _item(number: int, question: QuizQuestion, version: Version) -> str:
    several = question.allow_multiple
    right = [f"A{index}" for index, option in enumerate(question.options, 1) if option.correct]
    values = "".join(f"\n      <value>{each}</value>" for each in right)
    choices = "".join(
        f'\n      <simpleChoice identifier="A{index}">{_xml(option.text)}</simpleChoice>'
        for index, option in enumerate(question.options, 1)
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<assessmentItem xmlns="{_NAMESPACES[version]}" identifier="question-{number:03}"'
        f' title="Question {number}" adaptive="false" timeDependent="false">\n'
        f'  <responseDeclaration identifier="RESPONSE" cardinality="{"multiple" if several else "single"}"'
        f' baseType="identifier">\n    <correctResponse>{values}\n    </correctResponse>\n  </responseDeclaration>\n'
        '  <outcomeDeclaration identifier="SCORE" cardinality="single" baseType="float"/>\n'
        "  <itemBody>\n"
        f'    <choiceInteraction responseIdentifier="RESPONSE" shuffle="false" maxChoices="{0 if several else 1}">\n'
        f"      <prompt>{_xml(question.text)}</prompt>{choices}\n    </choiceInteraction>\n  </itemBody>\n"
        f'  <responseProcessing template="{_RESPONSE[version]}"/>\n</assessmentItem>\n'
    )
    return _newer(text) if version == "3.0" else text


def _xml(text: str) -> str:
    return "<br/>".join(html.escape(_sayable(line), quote=False) for line in tidy(text).split("\n"))


def _sayable(text: str) -> str:
    """Text without what XML 1.0 cannot say."""
    return "".join(each for each in text if each in "\t\n\r" or (ord(each) >= 0x20 and each not in "\ufffe\uffff"))


_QTI3 = {
    name: "qti-" + "".join(f"-{each.lower()}" if each.isupper() else each for each in name)
    for name in (
        "assessmentItem", "responseDeclaration", "correctResponse", "value", "outcomeDeclaration", "itemBody",
        "choiceInteraction", "prompt", "simpleChoice", "responseProcessing",
    )
}  # fmt: skip
_QTI3_ATTRIBUTES = {
    "timeDependent": "time-dependent",
    "baseType": "base-type",
    "responseIdentifier": "response-identifier",
    "maxChoices": "max-choices",
}
_SAID = ("<qti-prompt>", "<qti-simple-choice")  # lines with words of people


def _newer(text: str) -> str:
    """An item of ours in the names of QTI 3.0. What people wrote has no such tags: its `<` is escaped."""
    for old, new in _QTI3.items():
        for before, after in ((f"<{old}>", f"<{new}>"), (f"<{old} ", f"<{new} "), (f"</{old}>", f"</{new}>")):
            text = text.replace(before, after)
    lines = text.split("\n")
    for old, new in _QTI3_ATTRIBUTES.items():
        lines = [line if line.lstrip().startswith(_SAID) else line.replace(f" {old}=", f" {new}=") for line in lines]
    return "\n".join(lines)
