"""Files of bundles: taken from its folder only, looked at, and named by what they hold."""

import hashlib
from pathlib import Path

import pytest

from parlour.catalog import assets
from parlour.catalog.bundles import BundleErrors, load_bundle
from parlour.catalog.publishing import keep_files, publish
from parlour.catalog.sources import Bundle
from parlour.files import actions as files
from parlour.files.authored import actions as authored
from parlour.files.authored.entities import MediaQuota
from parlour.files.entities import NewUpload
from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import AccountId, TimeOrderedIds, named_id
from parlour.settings import sqlite_url
from parlour.storage.blobs.folder import FolderBlobs
from parlour.storage.database import Database

PNG = b"\x89PNG\r\n\x1a\n and so on"
WEBM = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm and so on"
CAPTIONS = b"WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n"
SENT = named_id("sent", "upload")
PACK = """
pack: {id: films, name: Films}
personas: {pat: {name: Pat, instructions: Hello.}}
scenarios:
  one:
    name: One
    personas: [pat]
    images:
      - {name: Picture, file: IMAGE}
    videos:
      - name: Film
        file: VIDEO
        captions:
          - {file: CAPTIONS, language: en, label: English}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "bundle"
    (made / "media").mkdir(parents=True)
    (made / "picture.png").write_bytes(PNG)
    (made / "media" / "film.webm").write_bytes(WEBM)
    (made / "media" / "film.vtt").write_bytes(CAPTIONS)
    return made


def written(
    folder: Path, image: str = "picture.png", video: str = "media/film.webm", said: str = "media/film.vtt"
) -> Path:
    """The bundle with these files; the image is named in line 8, the video in 11, its captions in 13."""
    text = (
        PACK.lstrip("\n").replace("IMAGE", f'"{image}"').replace("VIDEO", f'"{video}"').replace("CAPTIONS", f'"{said}"')
    )
    (folder / "bundle.yaml").write_text(text)
    return folder


def error_of(folder: Path) -> tuple[int, str]:
    with pytest.raises(BundleErrors) as caught:
        load_bundle(folder)
    (error,) = caught.value.errors
    assert error.path == "bundle.yaml"
    return error.line, error.message


def upload_of(content: bytes) -> str:
    return named_id("films", "upload", hashlib.sha256(content).hexdigest())


def test_images_videos_and_captions_become_uploads(folder: Path) -> None:
    bundle = load_bundle(written(folder))
    (scenario,) = bundle.scenarios
    (image,), (video,) = scenario.images, scenario.videos
    assert (image.upload_id, image.mime_type) == (upload_of(PNG), "image/png")
    assert (video.upload_id, video.mime_type) == (upload_of(WEBM), "video/webm")
    assert [(each.upload_id, each.language, each.label) for each in video.captions] == [
        (upload_of(CAPTIONS), "en", "English")
    ]
    assert [(each.name, each.mime_type, each.bytes) for each in bundle.assets] == [
        ("picture.png", "image/png", len(PNG)),
        ("film.webm", "video/webm", len(WEBM)),
        ("film.vtt", "text/vtt", len(CAPTIONS)),
    ]


def test_a_single_file_takes_files_from_its_folder(folder: Path) -> None:
    written(folder)
    assert len(load_bundle(folder / "bundle.yaml").assets) == 3


def test_the_same_file_twice_is_one_upload(folder: Path) -> None:
    (folder / "copy.png").write_bytes(PNG)
    written(folder)
    text = (folder / "bundle.yaml").read_text()
    (folder / "bundle.yaml").write_text(
        text.replace("    videos:", "      - {name: Again, file: copy.png}\n    videos:")
    )
    bundle = load_bundle(folder)
    assert len(bundle.scenarios[0].images) == 2
    assert len(bundle.assets) == 3


@pytest.mark.parametrize(
    "name", ["../outside.png", "/etc/passwd", "media/../../outside.png", "..\\\\outside.png", "a\\u0000b"]
)
def test_a_name_that_leads_elsewhere_is_refused(folder: Path, name: str) -> None:
    (folder.parent / "outside.png").write_bytes(PNG)
    line, message = error_of(written(folder, image=name))
    assert line == 8
    assert "relative to the folder" in message


@pytest.mark.parametrize("link", ["file", "folder"])
def test_a_link_that_leads_elsewhere_is_refused(folder: Path, link: str) -> None:
    (folder.parent / "secret").mkdir()
    (folder.parent / "secret" / "outside.png").write_bytes(PNG)
    if link == "file":
        (folder / "link.png").symlink_to(folder.parent / "secret" / "outside.png")
    else:
        (folder / "away").symlink_to(folder.parent / "secret")
    line, message = error_of(written(folder, image="link.png" if link == "file" else "away/outside.png"))
    assert line == 8
    assert "leads out of the folder" in message


def test_what_is_not_there_or_not_what_it_should_be_is_told_with_its_line(folder: Path) -> None:
    (folder / "page.png").write_bytes(b"<html>")
    with pytest.raises(BundleErrors) as caught:
        load_bundle(written(folder, image="page.png", video="media/none.webm", said="picture.png"))
    assert [(error.line, error.message) for error in caught.value.errors] == [
        (8, "file 'page.png': its content is none of image/jpeg, image/png, image/webp"),
        (11, "file 'media/none.webm': there is no such file"),
        (13, "file 'picture.png': its content is none of text/vtt"),
    ]


def test_a_file_has_a_limit_and_so_have_all_together(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(folder)
    monkeypatch.setattr(assets, "CAPTIONS_BYTES_MAX", 20)
    assert error_of(folder) == (13, "file 'media/film.vtt': it is larger than 20 bytes")
    monkeypatch.setattr(assets, "CAPTIONS_BYTES_MAX", 1000)
    monkeypatch.setattr(assets, "ASSETS_BYTES_MAX", len(PNG) + len(WEBM))
    line, message = error_of(folder)
    assert (line, "together" in message) == (13, True)


def test_a_file_and_an_upload_id_do_not_go_together(folder: Path) -> None:
    written(folder)
    text = (
        (folder / "bundle.yaml").read_text().replace("name: Picture,", f"name: Picture, upload_id: {upload_of(b'x')},")
    )
    (folder / "bundle.yaml").write_text(text)
    assert error_of(folder) == (8, "give 'file' or 'upload_id', not both")


def test_publishing_notes_the_files_and_again_changes_nothing(folder: Path, tmp_path: Path) -> None:
    clock = SystemClock()
    database = Database(sqlite_url(tmp_path), clock, TimeOrderedIds(clock))
    database.migrate()
    blobs = FolderBlobs(tmp_path / "files")

    def go(bundle: Bundle) -> tuple[int, int]:
        keep_files(bundle, blobs)
        done = database.write_here(lambda tx: publish(tx, bundle))
        return done.written, done.unchanged

    bundle = load_bundle(written(folder))
    assert go(bundle) == (2, 0)
    assert go(load_bundle(folder)) == (0, 2)
    for asset in bundle.assets:
        found = database.read_here(lambda tx, each=asset: files.upload(tx, each.upload_id))
        assert found is not None
        assert (found.account_id, found.digest, found.bytes) == (None, asset.digest, asset.bytes)
        assert blobs.read(asset.digest, 0, 10_000) == asset.path.read_bytes()
    (folder / "media" / "film.webm").write_bytes(WEBM + b"!")
    assert go(load_bundle(folder)) == (1, 1)  # the scenario, with another upload
    text = (folder / "bundle.yaml").read_text()
    (folder / "bundle.yaml").write_text(text.replace('file: "picture.png"', f"upload_id: {SENT}"))
    new = NewUpload(id=SENT, account_id=None, name="a.png", mime_type="image/png", bytes=1, digest="0" * 64)
    plenty = MediaQuota(bytes_max=10, files_max=1)
    database.write_here(lambda tx: authored.keep(tx, AccountId("author"), new, plenty))
    assert go(load_bundle(folder)) == (1, 1)
    assert [each.kind for each in database.read_here(lambda tx: authored.users(tx, SENT))] == ["content"], "it stays"
