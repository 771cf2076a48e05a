"""Forms with a file, parsed while they arrive (lab protocol 3, 9.3).

Parts may come in any order; values are UTF-8 whatever the part says; the part `file` is bytes and
nothing else, also if it is labelled `multipart/form-data`. What is not asked for is dropped unread.
"""

import logging
import re
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import field
from email.errors import MessageError
from email.header import decode_header, make_header
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from parlour.files.entities import Received
from parlour.files.intake import Intake, Part
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Fault, Refusal
from parlour.wire.http.limits import is_form

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

PARTS_MAX = 32
FILE = "file"
_EXTENDED = re.compile(r"filename\*\s*=\s*([^;]+)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class FormLimits:
    """What a form may have. `fields` are the names that are asked for; `room` is what the quota leaves."""

    fields: frozenset[str]
    file_bytes_max: int
    field_bytes_max: int
    room: int | None = None
    parts_max: int = PARTS_MAX


@dataclass(frozen=True, kw_only=True, slots=True)
class FormFile:
    """The file of a form: stored bytes, under the name its part gave, if it gave one."""

    name: str
    received: Received


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """What a form had of what was asked for."""

    fields: Mapping[str, str]
    file: FormFile | None


logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # it writes bytes of broken bodies into the log

Happening = tuple[Literal["begin", "header", "data", "end"], bytes, bytes]


@dataclass(slots=True)
class _Open:
    """The part that is arriving."""

    headers: dict[str, bytes] = field(default_factory=dict[str, bytes])
    name: str = ""
    value: bytearray = field(default_factory=bytearray)
    begun: bool = False
    file: Part | None = None
    file_name: str = ""


class _Listener:
    """What the parser says, in order, to be acted on after each piece of the body."""

    def __init__(self) -> None:
        self.happened: list[Happening] = []
        self.whole = False
        self._name, self._value = bytearray(), bytearray()

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin,
            "on_part_data": self._data,
            "on_part_end": self._part_end,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self.happened.append(("begin", b"", b""))

    def _data(self, data: bytes, start: int, end: int) -> None:
        self.happened.append(("data", data[start:end], b""))

    def _part_end(self) -> None:
        self.happened.append(("end", b"", b""))

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header(self) -> None:
        self.happened.append(("header", bytes(self._name), bytes(self._value)))
        self._name.clear()
        self._value.clear()

    def _end(self) -> None:
        self.whole = True


async def read_form(request: Request, intake: Intake, limits: FormLimits) -> Form:
    """Read a form to its end. Its file is stored when this returns, and leaves nothing when it raises.

    Raises `type_unsupported`, `bad_request` (no form), `file_too_large`, `quota_exceeded`,
    `body_too_large` (a field, the number of parts or files), `validation` (no UTF-8).
    """
    listener = _Listener()
    parser = MultipartParser(_boundary(request), listener.callbacks())
    async with AsyncExitStack() as files:
        reader = _Reader(intake, limits, files)
        try:
            async for piece in request.stream():
                parser.write(piece)
                for kind, one, two in listener.happened:
                    await reader.take(kind, one, two)
                listener.happened.clear()
            parser.finalize()
        except FormParserError:
            raise _malformed() from None
        if not listener.whole:
            raise _malformed()
        return Form(fields=reader.fields, file=reader.file)


class _Reader:
    """Turns parts into fields and a file."""

    def __init__(self, intake: Intake, limits: FormLimits, files: AsyncExitStack) -> None:
        self._intake = intake
        self._limits = limits
        self._files = files
        self._part = _Open()
        self._parts = 0
        self.fields: dict[str, str] = {}
        self.file: FormFile | None = None

    async def take(self, kind: str, one: bytes, two: bytes) -> None:
        part = self._part
        if kind == "begin":
            self._parts += 1
            if self._parts > self._limits.parts_max:
                raise Refusal("body_too_large", f"A form may have at most {self._limits.parts_max} parts.")
            self._part = _Open()
        elif kind == "header":
            part.headers[one.decode("latin-1").strip().lower()] = two
        elif kind == "data":
            await self._begin(part)
            await self._data(part, one)
        else:
            await self._begin(part)
            await self._end(part)

    async def _begin(self, part: _Open) -> None:
        """The headers of the part are complete: what it is."""
        if part.begun:
            return
        part.begun = True
        disposition = part.headers.get("content-disposition", b"")
        options = parse_options_header(disposition)[1]
        part.name = _text(options.get(b"name", b""))
        if part.name == FILE:
            if self.file is not None:
                raise Refusal("body_too_large", "A form may have one file.")
            part.file_name = _file_name(disposition, options.get(b"filename", b""))
            growing = self._intake.begin(
                self.fields.get("file_name") or part.file_name,
                bytes_max=self._limits.file_bytes_max,
                room=self._limits.room,
            )
            part.file = await self._files.enter_async_context(growing)

    async def _data(self, part: _Open, data: bytes) -> None:
        if part.file is not None:
            await part.file.write(data)
        elif part.name in self._limits.fields:
            part.value += data
            if len(part.value) > self._limits.field_bytes_max:
                raise Refusal("body_too_large", f"The field {part.name} is too large.")

    async def _end(self, part: _Open) -> None:
        if part.file is not None:
            self.file = FormFile(name=part.file_name, received=await part.file.finish())
        elif part.name in self._limits.fields:
            try:
                self.fields[part.name] = part.value.decode()
            except UnicodeDecodeError:
                text = f"The field {part.name} is not UTF-8."
                raise Refusal("validation", text, faults=(Fault(f"/{part.name}", "not UTF-8"),)) from None


def _boundary(request: Request) -> bytes:
    content_type = request.headers.get("content-type", "")
    if not is_form(content_type):
        raise Refusal("type_unsupported", "The body must be multipart/form-data.")
    boundary = parse_options_header(content_type.encode("latin-1"))[1].get(b"boundary")
    if not boundary:
        raise _malformed()
    return boundary


def _file_name(disposition: bytes, plain: bytes) -> str:
    """The part's own file name: the extended form (RFC 5987) if it has one, encoded words (RFC 2047) decoded."""
    extended = _EXTENDED.search(_text(disposition))
    if extended is not None:
        charset, _, encoded = extended.group(1).strip(' "').partition("''")
        if charset.lower() in ("utf-8", "utf8"):
            return unquote(encoded, errors="replace")
    name = _text(plain)
    if not name.startswith("=?"):
        return name
    try:
        return str(make_header(decode_header(name))).encode("utf-8", "replace").decode()
    except (MessageError, LookupError, ValueError):
        return name


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _malformed() -> Refusal:
    return Refusal("bad_request", "Bad request: the body is not a valid form.")
