"""What a member of the laboratory can look through on a page: experiments, their logs, papers.

`/api/v1/laboratory...`, for the bearer alone: whoever asks sees what is theirs and what the laboratory shares.
Lists are read in pages: `next` given as `after` leads to the following one.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from parlour.accounts.actions import account_by_id
from parlour.accounts.entities import SessionActor
from parlour.assistant.experiments import actions as experiments
from parlour.assistant.experiments.entities import Current, Entry, Experiment
from parlour.assistant.papers import actions as papers
from parlour.assistant.papers.entities import Paper
from parlour.files import actions as files
from parlour.files.handles import HANDLE_CHARS_MAX, handle_of
from parlour.files.search import index
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import not_found
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.wire.http.credentials import Authenticator
from parlour.wire.http.problems import problem_responses
from parlour.wire.http.texts import NoNul
from parlour.wire.rest.answering import read_answer

ID_CHARS_MAX = 100
LIMIT, LIMIT_MAX = 50, 200
PAGES_MAX = 1_000_000

Id = Annotated[str, NoNul, Field(max_length=ID_CHARS_MAX)]


class Page(BaseModel):
    """Which part of a list."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)

    after: Id | None = None
    limit: int = Field(default=LIMIT, ge=1, le=LIMIT_MAX)


class ExperimentsQuery(Page):
    """One's own experiments, or those that others opened to the laboratory."""

    scope: Literal["own", "lab"] = "own"


class PapersQuery(Page):
    """One's recent papers, or those of the laboratory."""

    scope: Literal["recent", "shared"] = "recent"


class MeShape(BaseModel):
    """The name by which the laboratory knows the caller; paths below `/users/` have it."""

    user_id: str
    name: str


class ExperimentShape(BaseModel):
    """An experiment. `current_until`: it is the one that its reader works on, until then."""

    experiment_id: str
    name: str
    description: str
    visibility: Literal["private", "lab"]
    owner: str
    created_at: str
    current_until: str | None


class ExperimentsShape(BaseModel):
    """Experiments, newest first."""

    experiments: list[ExperimentShape]
    next: str | None


class FileShape(BaseModel):
    """A file by its handle, which the download routes take."""

    handle: str
    name: str
    size: int
    type: str


class EntryShape(BaseModel):
    """An entry of a log. `corrects`: the id of the entry that it puts right."""

    entry_id: str
    text: str
    author: str
    logged_at: str
    corrects: str | None
    files: list[FileShape]


class EntriesShape(BaseModel):
    """Entries of a log, newest first."""

    entries: list[EntryShape]
    next: str | None


class PaperShape(BaseModel):
    """A paper. `possessor`: who holds a paper of the laboratory; only a title is always known."""

    paper_id: str
    scope: Literal["recent", "shared"]
    title: str
    authors: list[str]
    year: int | None
    doi: str | None
    arxiv_id: str | None
    abstract: str | None
    summary: str | None
    possessor: str | None
    file: FileShape | None
    created_at: str


class TextQuery(BaseModel):
    """Which page of which file; the first one that has text if none is named."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)

    file: Annotated[str, NoNul, Field(max_length=HANDLE_CHARS_MAX)]
    page: int | None = Field(default=None, ge=1, le=PAGES_MAX)


class TextShape(BaseModel):
    """The text of a page as it is searched, in order: a long page has several passages, which overlap a little."""

    page: int
    pages: int
    passages: list[str]


class PapersShape(BaseModel):
    """Papers: recent ones newest first, those of the laboratory by possessor and title."""

    papers: list[PaperShape]
    next: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class LaboratoryNeed:
    """What the routes are built from."""

    database: Database
    authenticator: Authenticator


def laboratory_router(need: LaboratoryNeed) -> APIRouter:
    """The routes of the module."""
    router = APIRouter(prefix="/api/v1/laboratory", tags=["laboratory"])
    caller_of = need.authenticator.of_request
    refusals = problem_responses(401, 403, 404, 422)

    @router.get("", response_model=MeShape, responses=problem_responses(401, 403))
    async def read_me(  # pyright: ignore[reportUnusedFunction]
        caller: Annotated[SessionActor, Depends(caller_of)],
    ) -> Response:
        """Who the caller is in the laboratory."""
        return await read_answer(need.database, lambda tx: _me(tx, caller))

    @router.get("/experiments", response_model=ExperimentsShape, responses=refusals)
    async def list_experiments(  # pyright: ignore[reportUnusedFunction]
        caller: Annotated[SessionActor, Depends(caller_of)], wanted: Annotated[ExperimentsQuery, Query()]
    ) -> Response:
        """One's own experiments, or those that others opened to the laboratory, newest first."""
        return await read_answer(need.database, lambda tx: _experiments(tx, caller.actor.account_id, wanted))

    @router.get("/experiments/{experiment_id}/entries", response_model=EntriesShape, responses=refusals)
    async def list_entries(  # pyright: ignore[reportUnusedFunction]
        experiment_id: Id, caller: Annotated[SessionActor, Depends(caller_of)], wanted: Annotated[Page, Query()]
    ) -> Response:
        """The log of an experiment that is one's own or open to the laboratory, newest entry first."""
        return await read_answer(need.database, lambda tx: _entries(tx, caller.actor.account_id, experiment_id, wanted))

    @router.get("/papers", response_model=PapersShape, responses=refusals)
    async def list_papers(  # pyright: ignore[reportUnusedFunction]
        caller: Annotated[SessionActor, Depends(caller_of)], wanted: Annotated[PapersQuery, Query()]
    ) -> Response:
        """One's recent papers, newest first, or the papers of the laboratory, by possessor and title."""
        return await read_answer(need.database, lambda tx: _papers(tx, caller.actor.account_id, wanted))

    @router.get("/text", response_model=TextShape, responses=refusals)
    async def read_text(  # pyright: ignore[reportUnusedFunction]
        caller: Annotated[SessionActor, Depends(caller_of)], wanted: Annotated[TextQuery, Query()]
    ) -> Response:
        """The text of a page of a file that one may read, as it was taken out of it. Quotes are parts of it."""
        return await read_answer(need.database, lambda tx: _text(tx, caller.actor.account_id, wanted))

    return router


def _me(tx: Tx, caller: SessionActor) -> Mapping[str, object]:
    account = account_by_id(tx, caller.actor.account_id)
    return {"user_id": caller.actor.user_id, "name": account.name if account else ""}


def _experiments(tx: Tx, account_id: str, wanted: ExperimentsQuery) -> Mapping[str, object]:
    found, following = experiments.experiments_page(
        tx, account_id, own=wanted.scope == "own", after=wanted.after, limit=wanted.limit
    )
    names = _names(tx, [each.account_id for each in found])
    current = experiments.current_of(tx, account_id)
    shown = [_experiment(each, names[each.account_id], current) for each in found]
    return {"experiments": shown, "next": following}


def _experiment(found: Experiment, owner: str, current: Current | None) -> Mapping[str, object]:
    is_current = current is not None and current.experiment.id == found.id
    return {
        "experiment_id": found.id,
        "name": found.name,
        "description": found.description,
        "visibility": found.visibility,
        "owner": owner,
        "created_at": rfc3339(found.created_at),
        "current_until": rfc3339(current.until) if current is not None and is_current else None,
    }


def _entries(tx: Tx, account_id: str, experiment_id: str, wanted: Page) -> Mapping[str, object]:
    found, following = experiments.log_page(tx, account_id, experiment_id, wanted.after, wanted.limit)
    names = _names(tx, [each.author_id for each in found])
    return {"entries": [_entry(tx, each, names[each.author_id]) for each in found], "next": following}


def _entry(tx: Tx, found: Entry, author: str) -> Mapping[str, object]:
    attached = [_file(tx, file_id) for file_id in found.file_ids]
    return {
        "entry_id": found.id,
        "text": found.text,
        "author": author,
        "logged_at": rfc3339(found.logged_at),
        "corrects": found.corrects,
        "files": [each for each in attached if each is not None],
    }


def _papers(tx: Tx, account_id: str, wanted: PapersQuery) -> Mapping[str, object]:
    found, following = papers.papers_page(tx, account_id, wanted.scope, wanted.after, wanted.limit)
    return {"papers": [_paper(tx, each) for each in found], "next": following}


def _paper(tx: Tx, found: Paper) -> Mapping[str, object]:
    about = found.about
    return {
        "paper_id": found.id,
        "scope": found.scope,
        "title": about.title,
        "authors": about.authors,
        "year": about.year,
        "doi": about.doi,
        "arxiv_id": about.arxiv_id,
        "abstract": about.abstract,
        "summary": found.summary,
        "possessor": found.possessor,
        "file": _file(tx, found.file_id),
        "created_at": rfc3339(found.created_at),
    }


def _text(tx: Tx, account_id: AccountId, wanted: TextQuery) -> Mapping[str, object]:
    file = files.file_to_read(tx, account_id, wanted.file)
    chunks = index.texts(tx, "file", file.id)
    page = wanted.page or min((chunk.page for chunk in chunks), default=0)
    passages = [chunk.text for chunk in chunks if chunk.page == page]
    if not passages:
        raise not_found("Page")
    return {"page": page, "pages": max(chunk.page for chunk in chunks), "passages": passages}


def _file(tx: Tx, file_id: str) -> Mapping[str, object] | None:
    file = files.by_id(tx, file_id)
    if file is None:
        return None
    return {"handle": handle_of(file), "name": file.name, "size": file.size, "type": file.type}


def _names(tx: Tx, account_ids: Sequence[str]) -> Mapping[str, str]:
    """The user ids of accounts; empty for one that is gone."""
    found = {account_id: account_by_id(tx, account_id) for account_id in set(account_ids)}
    return {account_id: account.user_id if account else "" for account_id, account in found.items()}
