"""Files: where bytes are, what they are, who may read them, and links that end."""

import hashlib
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from parlour.attempts.media import upload_to_read
from parlour.catalog.bundles import load_bundle
from parlour.catalog.publishing import keep_files, publish
from parlour.files import actions, tickets
from parlour.files.entities import NewUpload
from parlour.files.media_types import media_type_of
from parlour.kernel.ids import AccountId, named_id
from parlour.kernel.refusals import Refusal
from parlour.storage.blobs.folder import FolderBlobs
from tests.unit.detail_hall import SAMPLE, Hall, open_hall

BYTES = b"what a file holds" * 100_000
DIGEST = hashlib.sha256(BYTES).hexdigest()
VIDEO = named_id(
    "teaching-practice", "upload", hashlib.sha256((SAMPLE / "media" / "office-hour.webm").read_bytes()).hexdigest()
)


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path / "files")


@pytest.fixture
def hall(store_url: str) -> Iterator[Hall]:
    with open_hall(store_url) as opened:
        yield opened


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_blob_is_what_was_put_and_putting_it_again_changes_nothing(blobs: FolderBlobs, tmp_path: Path) -> None:
    for _ in range(2):
        blobs.put(DIGEST, [BYTES[:1000], BYTES[1000:]])
    assert blobs.has(DIGEST)
    assert (blobs.read(DIGEST, 0, 10), blobs.read(DIGEST, len(BYTES) - 3, 10)) == (BYTES[:10], BYTES[-3:])
    (file,) = files_in(tmp_path)
    assert file.relative_to(tmp_path).parts == ("files", DIGEST[:2], DIGEST)
    assert file.stat().st_mode & 0o077 == 0
    assert (tmp_path / "files").stat().st_mode & 0o077 == 0


def test_a_blob_whose_bytes_are_others_or_that_breaks_off_is_not_there(blobs: FolderBlobs, tmp_path: Path) -> None:
    def breaks() -> Iterator[bytes]:
        yield BYTES[:5000]
        raise ConnectionError

    with pytest.raises(ValueError, match="announced"):
        blobs.put(DIGEST, [b"something else"])
    with pytest.raises(ConnectionError):
        blobs.put(DIGEST, breaks())
    assert not blobs.has(DIGEST)
    assert files_in(tmp_path) == []
    with pytest.raises(FileNotFoundError):
        blobs.read(DIGEST, 0, 1)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "ab", DIGEST.upper(), DIGEST + "0", f"../{DIGEST[3:]}"])
def test_a_name_that_is_no_digest_leads_nowhere(blobs: FolderBlobs, name: str) -> None:
    for act in (blobs.has, lambda each: blobs.read(each, 0, 1), lambda each: blobs.put(each, [b""])):
        with pytest.raises(ValueError, match="SHA-256"):
            act(name)


def test_many_that_put_the_same_blob_at_once_end_up_with_one(blobs: FolderBlobs, tmp_path: Path) -> None:
    pieces = [BYTES[at : at + 4096] for at in range(0, len(BYTES), 4096)]
    threads = [threading.Thread(target=blobs.put, args=(DIGEST, pieces)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert blobs.read(DIGEST, 0, len(BYTES)) == BYTES
    assert len(files_in(tmp_path)) == 1


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"\0\0\0 ftypisom", "video/mp4"),
        (b"\0\0\0 ftypM4A ", "audio/mp4"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm", "video/webm"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska", None),
        (b"OggS\0", "audio/ogg"),
        (b"WEBVTT\n\n00:00", "text/vtt"),
        (b"\xef\xbb\xbfWEBVTT - of Maya", "text/vtt"),
        (b"WEBVTTX", None),
        (b"<html><script>", None),
        (b"<svg xmlns=", None),
        (b"%PDF-1.7", None),
        (b"", None),
    ],
)
def test_a_file_is_what_its_first_bytes_say(head: bytes, media_type: str | None) -> None:
    assert media_type_of(head) == media_type


def may(hall: Hall, user_id: str, upload_id: str) -> bool:
    actor = hall.actor(user_id)
    try:
        return hall.read(lambda tx: upload_to_read(tx, actor, upload_id)).id == upload_id
    except Refusal as refusal:
        if (refusal.code, refusal.text) != ("not_found", "Upload not found."):
            raise
        return False


def test_content_is_read_by_who_has_a_seat_and_by_who_teaches(hall: Hall) -> None:
    hall.person("stranger")
    hall.person("guest", "guest")
    readers = {user_id for user_id in hall.people if may(hall, user_id, VIDEO)}
    assert readers == {"learner", "instructor", "admin"}
    assert not may(hall, "admin", named_id("nothing"))


def test_who_has_lost_the_seat_still_reads_what_their_chats_show(hall: Hall, tmp_path: Path) -> None:
    hall.person("second")
    pack = tmp_path / "pack"
    shutil.copytree(SAMPLE, pack)
    cohort = pack / "cohort.yaml"
    text = cohort.read_text()
    cohort.write_text(text.replace("learners: [learner]", "learners: [learner, second]"))
    hall.do(lambda tx: publish(tx, load_bundle(pack)))
    hall.start(hall.entry("home", "Tutor assessment"))
    assert may(hall, "second", VIDEO)
    (pack / "media" / "office-hour.webm").write_bytes((SAMPLE / "media" / "office-hour.webm").read_bytes() + b"\0")
    cohort.write_text(text.replace("learners: [learner]", "learners: []"))
    bundle = load_bundle(pack)
    hall.do(lambda tx: publish(tx, bundle))
    newer = next(asset.upload_id for asset in bundle.assets if asset.mime_type == "video/webm")
    assert newer != VIDEO
    assert (may(hall, "learner", VIDEO), may(hall, "learner", newer)) == (True, False)
    assert (may(hall, "second", VIDEO), may(hall, "second", newer)) == (False, False)
    hall.person("colleague", "instructional")
    assert (may(hall, "colleague", VIDEO), may(hall, "colleague", newer)) == (True, True)
    hall.do(lambda tx: tx.run("UPDATE uploads SET author_id = 'somebody' WHERE id = :id", id=VIDEO))
    who = ("learner", "instructor", "admin", "second", "colleague")
    assert {each for each in who if may(hall, each, VIDEO)} == {"learner", "instructor"}  # by the chat of the learner


def test_a_file_with_an_owner_is_the_owners_alone(hall: Hall) -> None:
    upload_id = named_id("an upload")
    new = NewUpload(
        id=upload_id, account_id=hall.people["learner"], name="a.png", mime_type="image/png", bytes=3, digest=DIGEST
    )
    assert hall.do(lambda tx: actions.record(tx, new))
    assert not hall.do(lambda tx: actions.record(tx, new))
    assert {user_id for user_id in hall.people if may(hall, user_id, upload_id)} == {"learner"}


def test_a_ticket_is_good_for_its_upload_for_ten_minutes(hall: Hall) -> None:
    learner = hall.people["learner"]
    ticket = hall.do(lambda tx: tickets.issue(tx, learner, VIDEO))
    assert hall.read(lambda tx: tickets.holder(tx, VIDEO, ticket.text)) == learner
    account, expires, seal = ticket.text.split(".")
    other = hall.people["admin"]
    forged = [
        (named_id("another"), ticket.text),
        (VIDEO, f"{other}.{expires}.{seal}"),
        (VIDEO, f"{account}.{int(expires) + 1}.{seal}"),
        (VIDEO, f"{account}.{expires}.{seal[:-1]}"),
        (VIDEO, f"{account}.{expires}.{seal}0"),
        (VIDEO, ""),
        (VIDEO, "..."),
        (VIDEO, f"{account}.{expires}.\N{LATIN SMALL LETTER E WITH ACUTE}"),
        (VIDEO, "9" * 500),
    ]
    for upload_id, text in forged:
        with pytest.raises(Refusal, match="unauthenticated"):
            hall.read(lambda tx, upload=upload_id, shown=text: tickets.holder(tx, upload, shown))
    hall.clock.ms = ticket.expires_at
    with pytest.raises(Refusal, match="unauthenticated"):
        hall.read(lambda tx: tickets.holder(tx, VIDEO, ticket.text))


def test_the_secret_of_tickets_is_made_once(hall: Hall) -> None:
    nobody = AccountId(named_id("nobody"))
    first = hall.do(lambda tx: tickets.issue(tx, nobody, VIDEO))
    hall.clock.ms -= 1000
    assert hall.do(lambda tx: tickets.issue(tx, nobody, VIDEO)) == first


def test_a_file_that_changed_since_it_was_checked_is_not_kept(tmp_path: Path, blobs: FolderBlobs) -> None:
    pack = tmp_path / "pack"
    shutil.copytree(SAMPLE, pack)
    bundle = load_bundle(pack)
    (pack / "media" / "office-hour.webm").write_bytes(b"\x1aE\xdf\xa3 webm, another one")
    with pytest.raises(Exception, match="changed while it was read"):
        keep_files(bundle, blobs)
    (captions,) = files_in(tmp_path / "files")
    assert captions.read_bytes().startswith(b"WEBVTT")
