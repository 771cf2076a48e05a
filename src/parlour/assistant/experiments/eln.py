"""Experiments as an archive in the ELN File Format: a zip that is an RO-Crate 1.1 (`.eln`).

One folder in the archive holds `ro-crate-metadata.json` and a folder for each experiment with its log
in Markdown and the attached files. Every file stands in the metadata with size and SHA-256. The same
data gives the same bytes, so that archives can be compared.
"""

import hashlib
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import IO

import msgspec

from parlour.assistant.experiments.export import Person, Recorded, markdown
from parlour.files.entities import StoredFile
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass

METADATA = "ro-crate-metadata.json"
CONTEXT = "https://w3id.org/ro/crate/1.1/context"
PROFILE = "https://w3id.org/ro/crate/1.1"
LICENCE = "https://choosealicense.com/no-permission/"
LOG = "log.md"
LONG_AGO = (1980, 1, 1, 0, 0, 0)

Node = dict[str, object]
Pieces = Callable[[StoredFile], Iterator[bytes]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Crate:
    """What the archive is called (its folder too), when it was made, and by which version of Parlour."""

    name: str
    made_at: int
    version: str


def write_eln(out: IO[bytes], crate: Crate, everything: Sequence[Recorded], pieces: Pieces) -> None:
    """Write the archive. `pieces` gives the bytes of an attached file; `ValueError` if they are not its own."""
    nodes: list[Node] = []
    people: dict[str, Person] = {}
    parts: list[str] = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, one in enumerate(everything, 1):
            folder = f"./experiment-{number:04d}/"
            parts.append(folder)
            nodes += _experiment(archive, crate, folder, one, pieces)
            people |= {each.user_id: each for each in (one.owner, *(entry.author for entry in one.entries))}
        nodes += [_person(each) for each in people.values()]
        graph = [_descriptor(crate), _root(crate, parts), _publisher(), *nodes]
        body = msgspec.json.format(msgspec.json.encode({"@context": CONTEXT, "@graph": graph}), indent=2)
        archive.writestr(_info(f"{crate.name}/{METADATA}"), body)


def _experiment(archive: zipfile.ZipFile, crate: Crate, folder: str, one: Recorded, pieces: Pieces) -> list[Node]:
    """Write the files of an experiment; its nodes."""
    path = f"{crate.name}/{folder.removeprefix('./')}"
    log = markdown(one).encode()
    archive.writestr(_info(f"{path}{LOG}"), log)
    about: list[Node] = [_file(f"{folder}{LOG}", LOG, "text/markdown", log)]
    comments: list[Node] = []
    for number, each in enumerate(one.entries, 1):
        attached: list[str] = []
        for place, file in enumerate(each.files, 1):
            name = f"{folder}files/{number:04d}-{place:02d}/{file.name}"
            _copy(archive, f"{crate.name}/{name.removeprefix('./')}", file, pieces)
            about.append(_stored_file(name, file))
            attached.append(name)
        comment: Node = {
            "@id": f"{folder}#entry-{number:04d}",
            "@type": "Comment",
            "identifier": each.entry.id,
            "text": each.entry.text,
            "dateCreated": rfc3339(each.entry.logged_at),
            "author": _ref(_person_id(each.author)),
        }
        if attached:
            comment["associatedMedia"] = [_ref(name) for name in attached]
        if each.entry.corrects:
            numbers = {entry.entry.id: at for at, entry in enumerate(one.entries, 1)}
            comment["parentItem"] = _ref(f"{folder}#entry-{numbers.get(each.entry.corrects, 0):04d}")
        comments.append(comment)
    head = one.experiment
    changed = max([head.created_at, *(each.entry.logged_at for each in one.entries)])
    dataset: Node = {
        "@id": folder,
        "@type": "Dataset",
        "identifier": head.id,
        "name": head.name,
        "description": head.description,
        "genre": "experiment",
        "author": _ref(_person_id(one.owner)),
        "dateCreated": rfc3339(head.created_at),
        "dateModified": rfc3339(changed),
        "encodingFormat": "text/markdown",
        "text": log.decode(),
        "comment": [_ref(str(each["@id"])) for each in comments],
        "hasPart": [_ref(str(each["@id"])) for each in about],
    }
    return [dataset, *about, *comments]


def _copy(archive: zipfile.ZipFile, name: str, file: StoredFile, pieces: Pieces) -> None:
    digest, size = hashlib.sha256(), 0
    info = _info(name)
    info.file_size = file.size
    with archive.open(info, "w") as part:
        for piece in pieces(file):
            digest.update(piece)
            size += len(piece)
            part.write(piece)
    if (digest.hexdigest(), size) != (file.sha256, file.size):
        raise ValueError(f"the stored bytes of file {file.id} are damaged")


def _descriptor(crate: Crate) -> Node:
    return {
        "@id": METADATA,
        "@type": "CreativeWork",
        "about": _ref("./"),
        "conformsTo": _ref(PROFILE),
        "dateCreated": rfc3339(crate.made_at),
        "sdPublisher": _ref("#parlour"),
        "version": "1.0",
    }


def _root(crate: Crate, parts: Sequence[str]) -> Node:
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": crate.name,
        "description": f"Experiments exported from Parlour {crate.version}",
        "datePublished": rfc3339(crate.made_at),
        "license": {"@id": LICENCE},
        "hasPart": [_ref(part) for part in parts],
    }


def _publisher() -> Node:
    return {"@id": "#parlour", "@type": "Organization", "name": "Parlour"}


def _person(person: Person) -> Node:
    return {"@id": _person_id(person), "@type": "Person", "identifier": person.user_id, "name": person.name}


def _person_id(person: Person) -> str:
    return f"#person-{hashlib.sha256(person.user_id.encode()).hexdigest()[:16]}"


def _file(name: str, shown: str, kind: str, body: bytes) -> Node:
    return {
        "@id": name,
        "@type": "File",
        "name": shown,
        "encodingFormat": kind,
        "contentSize": str(len(body)),
        "sha256": hashlib.sha256(body).hexdigest(),
    }


def _stored_file(name: str, file: StoredFile) -> Node:
    return {
        "@id": name,
        "@type": "File",
        "name": file.name,
        "encodingFormat": file.type,
        "contentSize": str(file.size),
        "sha256": file.sha256,
        "dateCreated": rfc3339(file.created_at),
    }


def _ref(name: str) -> Node:
    return {"@id": name}


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, LONG_AGO)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    return info
