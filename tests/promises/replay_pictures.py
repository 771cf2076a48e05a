"""What a client makes of a test of models: a TestDetail, and the events after it, by the rules of Glow 9.3 alone."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass
class Run:
    """A replay as a client has it. `said` is what it said by turns; `grades` are `(id, score, passed)` as they came."""

    status: str = "in_progress"
    said: dict[int, str] = field(default_factory=dict)
    grades: list[tuple[str, int, bool]] = field(default_factory=list)


@dataclass
class Picture:
    """A test as a client has it. `newest`: by invocation and recorded run the replay that is shown."""

    status: str
    newest: dict[tuple[str, str], str | None]
    runs: dict[str, Run] = field(default_factory=lambda: defaultdict[str, Run](Run))
    rooms: dict[str, int] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    applied: int = 0

    @classmethod
    def of(cls, detail: Json) -> "Picture":
        """The part of a TestDetail that events can change."""
        newest = {(each["invocation_id"], each["original_run_id"]): each["run_id"] for each in detail["runs"]}
        made = cls(status=detail["status"], newest=newest)
        made.rooms = {f"invocation:{each['invocation_id']}": each["room"]["seq"] for each in detail["invocations"]}
        for message in detail["entries"]["messages"]:
            if message["role"] == "assistant":
                said = made.runs[message["run_id"]].said
                said[len(said) + 1] = message["content"]
        for each in detail["runs"]:
            if each["run_id"]:
                run = made.runs[each["run_id"]]
                run.status = each["status"]
                assert [words for _, words in sorted(run.said.items())] == [row["content"] for row in each["outputs"]]
        for grade in detail["entries"]["grades"]:
            made.runs[grade["run_id"]].grades.append((grade["id"], grade["score"], grade["passed"]))
        return made

    def hear(self, name: str, payload: Json) -> None:
        """Apply an event of this test, if it is logged, later than the snapshot, and not applied before."""
        meta = payload["_meta"]
        places = [each for each in (meta, *meta.get("also", ())) if each.get("room") in self.rooms]
        if not places or meta["id"] in self.known or places[0]["seq"] <= self.rooms[places[0]["room"]]:
            return
        self.known.add(meta["id"])
        self.applied += 1
        run_id = payload.get("run_id") or ""
        match name, payload.get("type"):
            case "test_run_start", _:
                self._begin(payload)
            case "test_progress", "run_delta":
                before = "" if payload.get("reset") else self.runs[run_id].said.get(payload["turn"], "")
                self.runs[run_id].said[payload["turn"]] = before + payload["message"]
            case "test_progress", "all_complete":
                self.status = "completed"
            case "test_run_complete", _:
                self.runs[run_id].status = "completed"
                if payload["outputs"] is not None:
                    self.runs[run_id].said = {each["turn"]: each["content"] for each in payload["outputs"]}
            case "test_stopped", _:
                self._begin(payload)
                self.runs[run_id].status = "stopped"
            case "test_error", _ if payload["error_type"] == "run":
                self.runs[run_id].status = "failed"
            case "test_graded", _:
                self.runs[run_id].grades.append((payload["grade_id"], payload["score"], payload["passed"]))
            case _:
                pass

    def _begin(self, payload: Json) -> None:
        """A replay is the newest of its recorded run, unless it was known before."""
        run_id = payload["run_id"]
        cell = (payload["invocation_id"], payload["original_run_resource_id"])
        if run_id not in self.runs:
            self.newest[cell] = run_id
        self.runs[run_id].status = "in_progress"
        self.status = "running"

    def shown(self) -> Json:
        """Everything that must be alike."""
        runs = {cell: (run_id, self.runs[run_id].status) if run_id else None for cell, run_id in self.newest.items()}
        said = {run_id: [text for _, text in sorted(run.said.items()) if text] for run_id, run in self.runs.items()}
        return {
            "status": self.status,
            "runs": runs,
            "said": {run_id: texts for run_id, texts in said.items() if texts},
            "grades": {run_id: run.grades for run_id, run in self.runs.items() if run.grades},
        }

    def summary(self) -> Json:
        """How many recorded runs are where (10.5)."""
        shown = [self.runs[run_id].status if run_id else "" for run_id in self.newest.values()]
        count = Counter(shown)
        done, going = count["completed"], count["in_progress"]
        return {"total": len(shown), "completed": done, "in_progress": going, "not_started": len(shown) - done - going}
