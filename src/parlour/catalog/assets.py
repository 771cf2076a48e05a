"""The files of a bundle: images, videos and captions, named relative to its folder."""

import hashlib
from pathlib import Path, PurePosixPath

from parlour.catalog.entities import Caption, Media
from parlour.catalog.sources import Asset, CaptionSource, MediaSource, VideoSource
from parlour.catalog.yaml_reader import Errors, Ref
from parlour.files.entities import MediaKind
from parlour.files.media_types import ALLOWED, HEAD_BYTES, media_type_of
from parlour.kernel.ids import named_id

ASSET_BYTES_MAX = 100 * 1024 * 1024
ASSETS_BYTES_MAX = 500 * 1024 * 1024
CAPTIONS_BYTES_MAX = 1024 * 1024
_PIECE_BYTES = 256 * 1024


class Assets:
    """Takes the files that a bundle names, each once; what may not be taken is noted."""

    def __init__(self, root: Path, pack: str, errors: Errors) -> None:
        self._root = root.resolve()
        self._pack = pack
        self._errors = errors
        self._by_path: dict[tuple[Path, MediaKind], Asset] = {}

    @property
    def taken(self) -> tuple[Asset, ...]:
        """Every file that was named, by upload id."""
        return tuple({asset.upload_id: asset for asset in self._by_path.values()}.values())

    def media(self, kind: MediaKind, media_id: str, source: MediaSource) -> Media:
        """An image or a video with its file and captions."""
        asset = self._take(kind, source.file) if source.file else None
        if source.file and source.upload_id:
            self._errors.add(source.file.place, "give 'file' or 'upload_id', not both")
        captions = source.captions if isinstance(source, VideoSource) else ()
        return Media(
            id=media_id,
            name=source.name,
            description=source.description,
            upload_id=asset.upload_id if asset else source.upload_id,
            mime_type=asset.mime_type if asset else "",
            captions=tuple(caption for caption in map(self._caption, captions) if caption),
        )

    def _caption(self, source: CaptionSource) -> Caption | None:
        asset = self._take("captions", source.file)
        if asset is None:
            return None
        return Caption(upload_id=asset.upload_id, language=source.language, label=source.label)

    def _take(self, kind: MediaKind, ref: Ref) -> Asset | None:
        path = self._inside(ref)
        if path is None:
            return None
        if (path, kind) not in self._by_path:
            asset = self._read(kind, ref, path)
            if asset is None:
                return None
            self._by_path[path, kind] = asset
        if sum(asset.bytes for asset in self.taken) > ASSETS_BYTES_MAX:
            self._errors.add(ref.place, f"the files of the bundle are larger than {ASSETS_BYTES_MAX} bytes together")
            return None
        return self._by_path[path, kind]

    def _inside(self, ref: Ref) -> Path | None:
        """The file that is meant, if it stands in the folder of the bundle, also behind links."""
        named = PurePosixPath(ref.slug)
        if named.is_absolute() or ".." in named.parts or "\\" in ref.slug or not ref.slug.isprintable():
            return self._no(ref, "name it relative to the folder of the bundle, with '/' and without '..'")
        try:
            path = (self._root / named).resolve()
        except (OSError, RuntimeError):
            return self._no(ref, "it cannot be found")
        if not path.is_relative_to(self._root):
            return self._no(ref, "it leads out of the folder of the bundle")
        return path if path.is_file() else self._no(ref, "there is no such file")

    def _read(self, kind: MediaKind, ref: Ref, path: Path) -> Asset | None:
        most = CAPTIONS_BYTES_MAX if kind == "captions" else ASSET_BYTES_MAX
        digest, size, head = hashlib.sha256(), 0, b""
        try:
            with path.open("rb") as file:
                while piece := file.read(_PIECE_BYTES):
                    head = head or piece[:HEAD_BYTES]
                    size += len(piece)
                    if size > most:
                        return self._no(ref, f"it is larger than {most} bytes")
                    digest.update(piece)
        except OSError as error:
            return self._no(ref, f"it cannot be read: {error.strerror}")
        mime_type = media_type_of(head)
        if mime_type is None or mime_type not in ALLOWED[kind]:
            return self._no(ref, f"its content is none of {', '.join(sorted(ALLOWED[kind]))}")
        found = digest.hexdigest()
        return Asset(
            upload_id=named_id(self._pack, "upload", found),
            path=path,
            name=PurePosixPath(ref.slug).name,
            mime_type=mime_type,
            bytes=size,
            digest=found,
        )

    def _no(self, ref: Ref, why: str) -> None:
        self._errors.add(ref.place, f"file '{ref.slug}': {why}")
