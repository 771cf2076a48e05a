"""Engines of pictures, films and spoken texts, and what is kept of what they make (Glow 6.10.3)."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr

from parlour.drafts.making import TaskError
from parlour.files import actions as files
from parlour.files.authored.actions import NO_ROOM
from parlour.files.authored.entities import MediaQuota
from parlour.files.entities import Upload
from parlour.files.intake import Intake
from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import AccountId, TimeOrderedIds
from parlour.kernel.refusals import ProviderFault
from parlour.library.making.keeping_media import MediaShop, ShopNeed, record
from parlour.library.making.media import MediaEngine, MediaFile, MediaKind, MediaWanted
from parlour.providers.media.films import FilmService
from parlour.providers.media.pictures import PictureService
from parlour.providers.media.service import MediaService
from parlour.providers.media.spoken import SpokenTexts
from parlour.providers.speech.scripted import ScriptedSynthesizer
from parlour.settings import sqlite_url
from parlour.storage.blobs.folder import FolderBlobs
from parlour.storage.database import Database
from tests.harness.media_services import KEY, MP4, PNG, MediaServices, running_media_services

AUTHOR = AccountId("A1")
QUOTA = MediaQuota(bytes_max=1_000_000, files_max=10)


@dataclass
class Stage:
    """The services, shops over their engines, and where what they make is."""

    services: MediaServices
    folder: Path
    database: Database

    def shop(self, kind: MediaKind, model: str) -> MediaShop:
        """A shop with one engine, whose model decides what goes wrong."""
        service = MediaService(self.services.url, SecretStr(KEY))
        engines: Mapping[MediaKind, MediaEngine] = {
            "image": PictureService(service, model, "256x256"),
            "video": FilmService(service, model, 4, poll_seconds=0.01),
            "audio": SpokenTexts(ScriptedSynthesizer("spoken"), "en"),
        }
        need = ShopNeed(
            intake=Intake(self.folder / "incoming", FolderBlobs(self.folder / "files"), 10_000_000),
            engines={kind: engines[kind]},
            seconds_max=0.2 if model == "never" else 60,
            bytes_max=1_000_000,
        )
        return MediaShop(need)

    def kept(self) -> list[bytes]:
        """Everything that is stored, or was left behind."""
        folders = (self.folder / "files", self.folder / "incoming")
        return [path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()]

    async def upload(self, made: MediaFile) -> Upload:
        """What is noted down of a file."""
        await self.database.write(lambda tx: record(tx, AUTHOR, (made.digest, made), QUOTA))
        found = self.database.read_here(lambda tx: files.upload(tx, made.digest))
        assert found is not None
        return found


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    clock = SystemClock()
    database = Database(sqlite_url(tmp_path), clock, TimeOrderedIds(clock))
    database.migrate()
    database.start()
    async with running_media_services() as services:
        yield Stage(services, tmp_path, database)
    await database.stop()


@dataclass
class Slip:
    """A receipt that is kept in memory."""

    number: str | None = None

    async def keep(self, number: str) -> None:
        self.number = number


def wanted(
    kind: MediaKind, text: str = "A quiet room", *, receipt: Slip | None = None, room: int = 1_000_000
) -> MediaWanted:
    return MediaWanted(
        kind=kind,
        name="A room: ../x",
        text=text,
        account_id=AUTHOR,
        room=room,
        seed="1",
        receipt=receipt or Slip(),
    )


async def test_pictures_films_and_spoken_texts_are_kept_as_what_their_bytes_are(stage: Stage) -> None:
    picture = await stage.shop("image", "draws").make(wanted("image"))
    assert (picture.mime_type, picture.size) == ("image/png", len(PNG))
    upload = await stage.upload(picture)
    assert (upload.account_id, upload.author_id, upload.bytes) == (None, AUTHOR, len(PNG))
    assert upload.mime_type == "image/png"
    assert "/" not in upload.name
    assert upload.name.endswith(".png")
    assert stage.services.drawn == [
        {"model": "draws", "prompt": "A quiet room", "n": 1, "size": "256x256", "response_format": "b64_json"}
    ]
    assert stage.services.keys == {f"Bearer {KEY}"}
    film = await stage.shop("video", "films").make(wanted("video"))
    assert (film.mime_type, film.size) == ("video/mp4", len(MP4))
    assert stage.services.filmed == [{"model": "films", "prompt": "A quiet room", "seconds": "4"}]
    spoken = await stage.shop("audio", "").make(wanted("audio", "Good morning."))
    assert spoken.mime_type == "audio/wav"
    assert sorted(stage.kept())[-1][:4] == b"\x89PNG"
    assert any(each[:4] == b"RIFF" for each in stage.kept())


async def test_a_service_that_knows_no_response_format_is_asked_without_it_from_then_on(stage: Stage) -> None:
    shop = stage.shop("image", "strict")
    await shop.make(wanted("image"))
    await shop.make(wanted("image"))
    assert ["response_format" in each for each in stage.services.drawn] == [True, False, False]


@pytest.mark.parametrize("model", ["page", "elsewhere", "garbage", "broken", "large"])
async def test_a_picture_that_is_none_leaves_nothing(stage: Stage, model: str) -> None:
    with pytest.raises((TaskError, ProviderFault)) as caught:
        await stage.shop("image", model).make(wanted("image"))
    assert KEY not in str(caught.value)
    assert stage.database.read_here(lambda tx: tx.all("SELECT id FROM uploads")) == []
    assert not list((stage.folder / "incoming").glob("*"))


@pytest.mark.parametrize("model", ["fails", "climbs", "never"])
async def test_a_film_that_does_not_come_is_given_up(stage: Stage, model: str) -> None:
    with pytest.raises((TaskError, ProviderFault)):
        await stage.shop("video", model).make(wanted("video"))
    assert stage.kept() == []


async def test_a_film_that_was_ordered_is_waited_for_and_not_ordered_again(stage: Stage) -> None:
    slip = Slip()
    with pytest.raises(TaskError):
        await stage.shop("video", "never").make(wanted("video", receipt=slip))
    assert slip.number == "video_never_1"
    slip.number = "video_films_7"
    stage.services.asked["video_films_7"] = 0
    film = await stage.shop("video", "films").make(wanted("video", receipt=slip))
    assert (film.size, len(stage.services.filmed)) == (len(MP4), 1)


async def test_what_has_no_room_is_not_kept(stage: Stage) -> None:
    with pytest.raises(TaskError) as caught:
        await stage.shop("image", "draws").make(wanted("image", room=len(PNG) - 1))
    assert (caught.value.stage, caught.value.text) == ("validation", NO_ROOM)
    assert stage.kept() == []


async def test_what_there_is_no_engine_for_says_so(stage: Stage) -> None:
    shop = stage.shop("image", "draws")
    assert (shop.makes("image"), shop.makes("video"), shop.makes("audio")) == (True, False, False)
    with pytest.raises(TaskError) as caught:
        await shop.make(wanted("video"))
    assert (caught.value.stage, caught.value.text) == ("model", "No service here makes videos.")


@pytest.mark.parametrize("address", ["ftp://x/v1", "http://user:secret@x/v1", "nowhere"])
def test_an_address_that_cannot_be_used_is_refused_without_its_words(address: str) -> None:
    with pytest.raises(ValueError, match="base URL") as caught:
        MediaService(address, None)
    assert "secret" not in str(caught.value)
