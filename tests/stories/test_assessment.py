"""The story of an assessment: a video with questions, an earlier chat, a time limit, a grade explained, an export.

Told by every stock client and by HTTP alone, on both stores, and with the server killed in every step: at its end
there is always the same.
"""

import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import STORES, make_site
from tests.promises.figures import Figure
from tests.stories.players import Player, playing
from tests.stories.plot import ANSWERED, EVERY, SENT, Cut, Story, a_new_student, assessment
from tests.stories.stage import Stage, staged

Plot = Callable[[Story], Coroutine[Any, Any, dict[str, Any]]]
Killed = tuple[Cut, ...]
NODE = pytest.param("node", marks=pytest.mark.node)
NAMES = {"http": "HTTP alone", "node": "the unmodified socket.io-client"}
STEPS = (
    "begin", "skip", "talk 1", "talk 2", "talk 3", "end", "give up", "start", "reuse", "open the video", "answer 1",
    "answer 2", "answer 3", "answer 4", "say 1", "say 2", "end the video", "open the last", "say 3", "expire",
    "explain", "export",
)  # fmt: skip
STORIES = 4
HANDFUL = (
    Cut("talk 2", ANSWERED), Cut("reuse", SENT), Cut("answer 3", ANSWERED), Cut("end the video", ANSWERED),
    Cut("expire", SENT), Cut("explain", ANSWERED), Cut("export", ANSWERED),
)  # fmt: skip
IN_THE_MIDDLE = (
    Cut("talk 1", "attempt_assistant_start"), Cut("talk 2", "attempt_progress"), Cut("say 2", "attempt_progress"),
    Cut("say 1", SENT), Cut("say 3", "attempt_progress"), Cut("reuse", SENT), Cut("end", "attempt_grading_progress"),
    Cut("end the video", "attempt_chat_ended"), Cut("explain", "attempt_grading_progress"),
)  # fmt: skip
GENERATED = (
    Cut("generate", SENT), Cut("generate", ANSWERED), Cut("generate", "names_generation_started"),
    Cut("generate", "parameter_fields_generation_started"), Cut("generate", "problem_statements_generation_progress"),
)  # fmt: skip


@dataclass
class Hall:
    """A stage, and what each plot leads to when nothing is killed."""

    stage: Stage
    told: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def on_sqlite(self) -> bool:
        """Whether the store is SQLite, where a restart takes least."""
        return self.stage.site.url.startswith("sqlite")

    async def tell(self, kind: str = "python", cuts: Sequence[Cut] = (), plot: Plot = assessment) -> Story:
        """Tell a story and hold its end against that of the same story without kills."""
        if cuts and plot.__name__ not in self.told:
            await self.tell(plot=plot)
        async with playing(kind, self.stage.url, self.stage.newcomer()) as player:
            story = Story(player, self.stage, cuts)
            found = await plot(story)
            assert player.wrong == []
            doubles(player)
        assert found == self.told.setdefault(plot.__name__, found), cuts
        return story


def doubles(player: Player) -> None:
    """Nothing that happens once was told twice under another id."""
    for name, member in (
        ("attempt_user_complete", "message_id"), ("attempt_assistant_complete", "message_id"),
        ("attempt_chat_started", "chat_id"), ("attempt_chat_ended", "chat_id"), ("attempt_ended", "attempt_id"),
        ("attempt_graded", "grade_id"), ("attempt_response_result", "response_id"),
    ):  # fmt: skip
        found = [payload[member] for payload in player.all(name)]
        assert len(set(found)) == len(found), name


@pytest.fixture(scope="module", params=STORES)
def hall(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """A stage on each store, whose personas speak at once."""
    with staged(make_site(request.param, tmp_path_factory.mktemp("story"), request)) as stage:
        yield Hall(stage)


@pytest.mark.parametrize("kind", ["python", "http", NODE])
async def test_a_new_user_takes_an_assessment(hall: Hall, kind: str) -> None:
    story = await hall.tell(kind)
    assert tuple(story.steps) == STEPS
    now = hall.told["assessment"]["now"]
    chats = now["entries"]["attempt_chat"]
    assert now["is_active"] is False
    assert [chat["position"] for chat in chats] == [1, 0, 2]
    assert [chat["source_chat_id"] is not None for chat in chats] == [True, False, False]
    assert chats[1]["quiz"] == {"questions": 3, "answered": 3, "scored_correct": 2}
    assert all(chat["grade"]["state"] == "done" for chat in chats)
    assert chats[0]["grades_count"] == 2
    listed, compared = hall.told["assessment"]["grades"]
    assert [each["grade"]["source"] for each in listed["items"]] == ["model", "previous"]
    assert [compared["left"]["source"], compared["right"]["counts"]] == ["previous", True]
    assert len(hall.told["assessment"]["files"]["xapi"]["answered"]) == 4


@pytest.mark.promise("P1")
@pytest.mark.promise("P4")
@pytest.mark.timeout(300)
async def test_a_restart_after_any_step_loses_nothing(hall: Hall, figure: Figure) -> None:
    """SIGKILL right after the answer: on SQLite in every step, a few in each story; on PostgreSQL in a handful."""
    began, kills = time.monotonic(), hall.stage.kills
    each: Sequence[Killed] = [tuple(Cut(step, ANSWERED) for step in STEPS[first::STORIES]) for first in range(STORIES)]
    stories = each if hall.on_sqlite else [HANDFUL]
    repeated = sum([(await hall.tell(cuts=cuts)).repeated for cuts in stories])
    kills, seconds = hall.stage.kills - kills, time.monotonic() - began
    assert kills == sum(len(cuts) for cuts in stories)
    figure(
        "P1",
        f"an assessment of {len(STEPS)} steps, {kills} SIGKILLs in {seconds:.0f} s, each after a step: 0 lost",
    )
    figure("P4", f"an assessment, {repeated} commands sent again after SIGKILL: the same answers, 0 doubled")


@pytest.mark.promise("P1")
@pytest.mark.promise("P4")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["http", NODE])
async def test_a_restart_in_every_step_of_one_story_loses_nothing(hall: Hall, kind: str, figure: Figure) -> None:
    """SIGKILL between a command and its answer, in each step (or in a handful); the command is sent again."""
    kills = hall.stage.kills
    await hall.tell(kind, (Cut(EVERY, SENT),) if hall.on_sqlite else HANDFUL)
    kills = hall.stage.kills - kills
    assert kills >= len(HANDFUL)
    figure("P1", f"an assessment, by {NAMES[kind]}, {kills} SIGKILLs: 0 lost")
    figure("P4", f"an assessment, by {NAMES[kind]}, {kills} SIGKILLs under commands that were sent again: 0 doubled")


@pytest.mark.promise("P8")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("store", STORES)
async def test_what_is_under_way_when_the_server_is_killed_is_done_afterwards(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    """In the middle of answers, gradings, a reuse, and of a chat that is being generated."""
    with staged(make_site(store, tmp_path, request), pieces_per_second=100) as stage:
        hall = Hall(stage)
        story = await hall.tell(cuts=IN_THE_MIDDLE)
        resets = [each for each in story.player.all("attempt_progress") if each["content_type"] == "reset"]
        assert len(resets) >= 3
        for cut in GENERATED if hall.on_sqlite else GENERATED[1:3]:
            await hall.tell(cuts=(cut,), plot=a_new_student)
        figure(
            "P8",
            f"{stage.kills} SIGKILLs in the middle of answers, gradings, a reuse and generated chats, {stage.cut_short}"
            " pieces of work cut short: each done afterwards, with the same outcome",
        )
