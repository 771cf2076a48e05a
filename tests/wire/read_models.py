"""The tables of Glow 10.2 to 10.4, member by member, and a check of an answer against them (case 115).

A type is `string`, `bool`, `int`, `number`, `time`, `id`, the name of an object, `T[]` or `map<T>`;
`?` after it: the value may be null. The member itself must be there in any case.
"""

import re
from typing import Any

TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

TABLES: dict[str, str] = {
    "AttemptDetail": """actor_name: string?, attempt_exists: bool, access_denied: bool, attempt: Attempt,
        simulation: Simulation, timer: Timer, aggregated_results: Results, current_chat_index: int?,
        expected_chat_count: int, is_active: bool, is_lobby: bool, show_results: bool, should_show_controls: bool,
        is_own_attempt: bool, current_chat_id: id?, has_messages: bool,
        available_continuation_options: ContinuationOptions?, rubric_structure: RubricStructure?, training_id: id?,
        chat_entry_id: id?, resources: Resources, entries: Entries""",
    "Attempt": """id: id, created_at: time?, infinite_mode: bool?, profile_id: id?, profile_name: string?,
        department_id: id?, cohort_id: id?, is_archived: bool?""",
    "Simulation": """id: id?, name: string?, description: string?, time_limit: int?, hints_enabled: bool?,
        objectives_enabled: bool?, image_input_active: bool?, copy_paste_allowed: bool?, practice_simulation: bool?,
        rubric_id: id?""",
    "Timer": "elapsed: int, limit: int?, exceeded: bool, formatted: string, negative: bool",
    "Results": """total_score: number, total_possible_points: number, percentage: number, passed: bool,
        chats_completed: int, total_chats: int""",
    "ContinuationOptions": "options: ContinuationOption[]",
    "ContinuationOption": """scenarios: PreviousChat[], total_score: number, total_percentage: number?,
        total_time: number""",
    "PreviousChat": """chat_entry_id: id?, scenario_name: string?, attempt_chat_id: id?, score: number?,
        percentage: number?, time_taken: number?, position: int?""",
    "RubricStructure": """standard_groups: map<id[]>?, standard_groups_mapping: map<GroupMapping>?,
        standards_mapping: map<StandardMapping>?""",
    "GroupMapping": "name: string?, description: string?, points: int?, pass_points: int?",
    "StandardMapping": "name: string?, description: string?, points: int?",
    "Entries": "attempt: AttemptEntry[]?, attempt_chat: Chat[]?, attempt_message: Message[]?, runs: object?",
    "AttemptEntry": """attempt_id: id, simulation_id: id, profile_id: id, user_persona_id: id?, personas_id: id?,
        cohort_id: id?, department_id: id?, practice: bool, attempt_created_at: time, infinite_mode: bool,
        num_chats: int, is_archived: bool, scenario_ids: id[], chat_entry_id: id?, attempt_chat_id: id?""",
    "Chat": """id: id, created_at: time?, completed: bool?, is_current: bool?, position: int?, grade: Grade?,
        feedbacks: Feedback[]?, analyses: Analysis[]?, show_problem_statement: bool?, show_objectives: bool?,
        copy_paste_allowed: bool?, text_enabled: bool?, audio_enabled: bool?, grading_state: GradingState?,
        dynamic_rubric: DynamicRubric?, scenario_id: id?, problem_statement_id: id?, objective_ids: id[]?,
        persona_ids: id[]?, image_ids: id[]?, video_ids: id[]?, question_ids: id[]?, option_ids: id[]?,
        responses: QuizResponse[]?, document_ids: id[]?, rubric_id: id?, standard_group_ids: id[]?,
        standard_ids: id[]?, group_id: id, chat_entry_id: id, source_chat_id: id?, expires_at: time?, room: Room""",
    "Room": "epoch: string, seq: int",
    "Grade": """score: number?, passed: bool?, description: string?, time_taken: int?, total_points: number?,
        pass_points: number?, id: id, source: string, state: string""",
    "GradingState": """achieved_standards: map<bool>?, passed_standards: map<bool>?,
        feedback_by_standard_id: map<string>?""",
    "DynamicRubric": """chat_id: id?, score: number?, passed: bool?, time_taken: int?, skill_scores: SkillScore[]?,
        skill_feedbacks: SkillFeedback[]?, total_possible_points: number?""",
    "SkillScore": "skill_name: string?, score: number?",
    "SkillFeedback": "skill_name: string?, feedback: string?",
    "QuizResponse": """question_id: id?, option_id: id?, completed: bool?, created_at: time?, response_id: id,
        is_correct: bool, scored: bool""",
    "Feedback": """id: id?, standard_id: id?, standard_group_id: id?, total: number?, feedback: string?,
        evidence: Evidence[], unsupported: bool""",
    "Evidence": "message_id: id, quote: string",
    "Analysis": "content: string?",
    "Message": """id: id, chat_id: id?, type: string?, created_at: time?, completed: bool?, contents: Content[]?,
        feedbacks: MessageFeedback[]?, hints: Hint[]?, parent_message_id: id?, sibling_index: int?,
        sibling_count: int?, on_active_path: bool, status: string""",
    "Content": """content: string?, name: string?, color: string?, icon: string?, created_at: time?, id: id,
        persona_id: id?, idx: int""",
    "MessageFeedback": """id: id, name: string?, description: string?, type: string?, highlights: Highlight[]?,
        replaces: Replace[]?""",
    "Highlight": "section: string?, idx: int?",
    "Replace": "section: string?, replace: string?, idx: int?",
    "Hint": "hint: string?, idx: int?",
    "Resources": """scenarios: map<Scenario>, personas: map<Persona>, documents: map<Document>, images: map<Image>,
        videos: map<Video>, objectives: map<Objective>, questions: map<Question>, options: map<Option>,
        problem_statements: map<ProblemStatement>, rubrics: map<Rubric>, standard_groups: map<StandardGroup>,
        standards: map<Standard>""",
    "Scenario": "scenario_id: id?, name: string?, description: string?",
    "Persona": "id: id?, name: string?, icon: string?, color: string?, instructions: string?, examples: string[]?",
    "Document": "document_id: id?, upload_id: id?, name: string?, description: string?, template: bool?",
    "Image": "image_id: id?, upload_id: id?, name: string?, description: string?",
    "Video": "video_id: id?, upload_id: id?, name: string?, description: string?",
    "Objective": "objective_id: id?, objective: string?",
    "Question": """question_id: id?, question_text: string?, allow_multiple: bool?, times: int[]?,
        options: Option[]?""",
    "Option": "option_id: id?, question_id: id?, option_text: string?, is_correct: bool?",
    "ProblemStatement": "problem_statement_id: id?, problem_statement: string?",
    "Rubric": "rubric_id: id?, name: string?, description: string?, total_points: number?, pass_points: number?",
    "StandardGroup": """standard_group_id: id?, name: string?, description: string?, points: number?,
        pass_points: number?""",
    "Standard": """standard_id: id?, standard_group_id: id?, name: string?, description: string?, points: number?""",
    "Cards": """actor_name: string?, items: Card[], rubrics: map<CardRubric>, standard_groups: map<StandardGroup>,
        standards: map<Standard>""",
    "CardRubric": "rubric_id: id, name: string?, standard_group_ids: id[]?",
    "Card": """simulation_id: id, simulation_name: string?, simulation_description: string?, time_limit: int?,
        chat_entry_id: id?, home_id: id?, practice_id: id?, scenario_ids: id[]?, cohort_ids: id[]?, color: string?,
        icon: string?, view_mode: string?, num_sessions: int?, highest_score: int?, has_passed: bool?,
        status: string?, pass_pct: int?, cohort_names_junction: string?, standard_groups: id[]?,
        practice_simulation: bool?, completion_pct: number?, passed_count: int?, in_progress_count: int?,
        not_started_count: int?, start_time: time?, end_time: time?""",
}
_MEMBER = re.compile(r"(\w+): ([\w<>\[\]]+)(\?)?")


def check(name: str, value: Any, where: str = "") -> int:
    """Hold a value against a type; how many members were looked at."""
    where = where or name
    if name.endswith("[]"):
        assert isinstance(value, list), where
        return sum(check(name[:-2], each, f"{where}[{at}]") for at, each in enumerate(value))
    if name.startswith("map<"):
        assert isinstance(value, dict), where
        assert all(ID.fullmatch(key) for key in value), where
        return sum(check(name[4:-1], each, f"{where}.{key}") for key, each in value.items())
    if name in TABLES:
        assert isinstance(value, dict), where
        members = _MEMBER.findall(TABLES[name])
        assert {member for member, *_ in members} - set(value) == set(), f"{where}: members are missing"
        return len(members) + sum(
            check(kind, value[member], f"{where}.{member}")
            for member, kind, nullable in members
            if not (nullable and value[member] is None)
        )
    assert _is(name, value), f"{where} is {value!r}, not {name}"
    return 0


def _is(name: str, value: Any) -> bool:
    match name:
        case "string":
            return isinstance(value, str)
        case "bool":
            return isinstance(value, bool)
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "time":
            return isinstance(value, str) and TIME.fullmatch(value) is not None
        case "id":
            return isinstance(value, str) and ID.fullmatch(value) is not None
        case "object":
            return isinstance(value, dict)
        case _:
            raise AssertionError(f"no such type: {name}")
