"""Engines that make pictures, films and spoken texts for what authors write (Glow 6.10.3, 7.3).

Pictures and films come from services that speak OpenAI's `/images/generations` and `/videos`; spoken texts from the
engine that speaks in this deployment. A kind without an engine is not made. Promises: bounded in time and bytes,
nothing is fetched from an address that a service names, faults say nothing that it wrote.
Read next: `service.py`, then `pictures.py`, `films.py`, `spoken.py`; the port is `library.making.media`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from parlour.library.making.media import MediaEngine, MediaKind
from parlour.providers.media.spoken import SpokenTexts
from parlour.settings import Settings
from parlour.speech.ports import Synthesizer

if TYPE_CHECKING:
    from parlour.providers.media.service import MediaService


def build_media(settings: Settings, synthesizer: Synthesizer | None) -> Mapping[MediaKind, MediaEngine]:
    """The engines that the settings name, and the one that speaks."""
    authoring = settings.authoring
    found: dict[MediaKind, MediaEngine] = {}
    if authoring.image_model:
        from parlour.providers.media.pictures import PictureService

        service, model = _service(settings, authoring.image_model)
        found["image"] = PictureService(service, model, authoring.image_size)
    if authoring.video_model:
        from parlour.providers.media.films import FilmService

        service, model = _service(settings, authoring.video_model)
        found["video"] = FilmService(service, model, authoring.video_seconds)
    if synthesizer is not None:
        found["audio"] = SpokenTexts(synthesizer, settings.speech.language)
    return found


def _service(settings: Settings, named: str) -> "tuple[MediaService, str]":
    """The service and the model of PROVIDER:MODEL; the settings have checked that it is configured."""
    from parlour.providers.media.service import MediaService

    name, _, model = named.partition(":")
    provider = next(each for each in settings.providers if each.name == name)
    return MediaService(provider.base_url or "", provider.api_key), model
