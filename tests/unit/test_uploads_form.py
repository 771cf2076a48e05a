"""Forms in pieces (lab protocol 3): the same form however it is cut, and for what is broken only refusals."""

import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import Request

from parlour.files.intake import Intake
from parlour.kernel.refusals import Refusal
from parlour.storage.blobs.folder import FolderBlobs
from parlour.wire.lab.uploads_form import Form, FormLimits, read_form

NAMES = frozenset({"text", "file_name"})
BODY = (
    b'--bound\r\nContent-Disposition: form-data; name="text"\r\n\r\n' + "看 this\r\n--boun not".encode() + b"\r\n"
    b'--bound\r\nContent-Disposition: form-data; name="other"\r\n\r\ndropped\r\n'
    b'--bound\r\nContent-Disposition: form-data; name="file"; filename="=?utf-8?B?6K665paHLnR4dA==?="\r\n'
    b"Content-Type: multipart/form-data\r\n\r\n\x00\xff--b\r\nbytes\r\n--bound--\r\n"
)


class Arriving:
    """A request whose body comes in these pieces."""

    def __init__(self, pieces: list[bytes], content_type: str = "multipart/form-data; boundary=bound") -> None:
        self.headers = {"content-type": content_type}
        self._pieces = pieces

    async def stream(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


async def read(folder: Path, pieces: list[bytes], **limits: Any) -> Form:
    given: dict[str, Any] = {"fields": NAMES, "file_bytes_max": 1_000, "field_bytes_max": 100, **limits}
    intake = Intake(folder / "incoming", FolderBlobs(folder / "files"), 10_000)
    return await read_form(cast(Request, Arriving(pieces)), intake, FormLimits(**given))


@pytest.mark.lab("B9")
async def test_a_form_is_the_same_however_it_is_cut(tmp_path: Path) -> None:
    whole = await read(tmp_path, [BODY])
    assert whole.fields == {"text": "看 this\r\n--boun not"}
    assert whole.file is not None
    assert (whole.file.name, whole.file.received.size) == ("论文.txt", len(b"\x00\xff--b\r\nbytes"))
    assert await read(tmp_path, [BODY[at : at + 1] for at in range(len(BODY))]) == whole
    for at in range(0, len(BODY), 7):
        assert await read(tmp_path, [BODY[:at], b"", BODY[at:]]) == whole


async def test_a_form_that_breaks_off_is_refused_and_leaves_no_growing_file(tmp_path: Path) -> None:
    for at in range(0, len(BODY) - 4, 5):
        with pytest.raises(Refusal, match="bad_request"):
            await read(tmp_path, [BODY[:at]])
    with pytest.raises(Refusal, match="file_too_large"):
        await read(tmp_path, [BODY], file_bytes_max=5)
    with pytest.raises(Refusal, match="quota_exceeded"):
        await read(tmp_path, [BODY], room=5)
    with pytest.raises(Refusal, match="body_too_large"):
        await read(tmp_path, [BODY], field_bytes_max=5)
    assert list((tmp_path / "incoming").iterdir()) == []


async def test_whatever_is_broken_in_a_form_is_at_most_refused(tmp_path: Path) -> None:
    dice = random.Random(9)
    read_whole, codes = 0, set[str]()
    for _ in range(1000):
        body = bytearray(BODY)
        for _ in range(dice.randint(1, 4)):
            at = dice.randrange(len(body))
            body[at : at + dice.randint(0, 3)] = dice.randbytes(dice.randint(0, 3))
        try:
            await read(tmp_path, [bytes(body)])
            read_whole += 1
        except Refusal as refusal:
            codes.add(refusal.code)
    assert codes <= {"bad_request", "validation", "body_too_large"}
    assert read_whole > 0
    assert list((tmp_path / "incoming").iterdir()) == []
