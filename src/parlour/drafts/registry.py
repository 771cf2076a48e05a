"""The names of Appendix A of Glow Socket V5: what can be generated, and the fields of each type.

`FIELDS_OF_RESOURCES` and `FIELDS_OF_ENTRIES` are data. The events of 9.6 follow from them, four for each type.
Which artifact has which types stands in `artifacts`.
"""

from collections.abc import Mapping
from typing import Literal

FieldType = Literal["string", "int", "number", "bool", "any[]"]
Fields = Mapping[str, FieldType]
STAGES = ("started", "progress", "complete", "error")

_SHORT: Mapping[str, FieldType] = {"s": "string", "i": "int", "n": "number", "b": "bool", "a": "any[]"}

# A line a type: its name, then its fields, each with the first letter of what it holds (`a`: any[]).
_RESOURCES = """
agents: name s, description s, department_ids a, temperature n, reasoning s, tool_ids a, quality s, voice s,
    model_id s, prompt_id s, instruction_ids a
arg_positions: args_id s, value i
args: name s, description s, field_type s, required b, default_value s
args_outputs: args_id s, name s, template s
artifacts: artifact s
auth_item_keys: auth_id s, key_id s, updated_at s, item_id s
auths: name s, description s, department_ids a, slug s, protocol s
cohorts: name s, description s, department_ids a, simulation_ids a, profile_ids a, profile_persona_ids a,
    simulation_position_ids a, simulation_availability_ids a
colors: name s, description s, hex_code s
conditional_parameters: parameter_id s, updated_at s
departments: name s, description s, department_ids a, setting_ids a
descriptions: description s
documents: name s, description s, department_ids a, upload_id s, text_id s, image_ids a, template b, parameter_ids
    a, parameter_field_ids a
emails: email s
endpoints: base_url s
entries: entry s
evals: name s, description s, department_ids a
examples: example s
fields: name s, description s, value s, department_ids a, conditional_parameter_ids a
flags: name s, description s, type s, icon s
group_positions: groups_id s, value i, eval_id s
group_rubrics: groups_id s, rubric_id s
icons: name s, description s, value s
images: name s, description s
videos: name s, description s
instructions: template s
items: name s, description s, encrypted b, position i
keys: key_id s, key s, name s, description s
modalities: modality s, is_input b
models: value s, name s, description s, department_ids a, provider_id s, temperature_level_ids a,
    reasoning_level_ids a, quality_ids a, voice_ids a, modality_ids a
names: name s
objectives: objective s
operations: operation s
options: option_text s, is_correct b, question_id s
parameter_fields: field_id s, updated_at s, parameter_id s, conditional_parameter_id s, conditional_parameter_ids a
parameters: name s, description s, value s, department_ids a, persona_parameter b, document_parameter b,
    scenario_parameter b, video_parameter b, field_ids a
personas: name s, description s, icon s, color s, department_ids a, instructions s, examples a, parameter_ids a,
    parameter_field_ids a
points: value i
thresholds: value i
pricing: pricing_type s, price n, unit_name s, unit_category s, unit_value i
problem_statements: name s, problem_statement s
profile_personas: profile_id s, persona_id s
profiles: last_login s, role s, name s, description s, department_ids a, role_id s, emails a, primary_email s,
    requests_per_day i
prompts: system_prompt s, name s, description s
protocols: value s
slugs: value s
values: value s
provider_keys: provider_id s, key_id s, key s, name s, description s
providers: name s, description s, department_ids a, value s, endpoint s, key s
qualities: quality s
questions: question_text s, allow_multiple b, time i
reasoning_levels: reasoning_level_id s, reasoning_level s
request_limits: requests_per_day i
resources: resource s, creatable b
roles: role s, name s, description s, icon_id s, color_id s, artifacts a
rubrics: name s, description s, department_ids a, total_points i, pass_points i, simulation_rubric b, video_rubric
    b, standard_group_ids a
run_positions: runs_id s, value i, eval_id s
run_rubrics: runs_id s, rubric_id s
scenario_flags: flag_id s, scenario_id s
scenario_positions: value i, scenario_id s
scenario_rubrics: rubric_id s, scenario_id s
scenario_time_limits: time_limit_seconds i, scenario_id s, negative b
scenarios: name s, description s, problem_statement_enabled b, objectives_enabled b, video_enabled b, images_enabled
    b, questions_enabled b, department_ids a, persona_ids a, parameter_field_ids a, document_ids a, objective_ids a,
    image_ids a, video_ids a, question_ids a, option_ids a, problem_statement_ids a
settings: name s, description s, department_ids a, agent_ids a, provider_key_ids a, auth_ids a
simulation_availability: simulation_id s, time s, type s, updated_at s
simulation_positions: value i, simulation_id s
simulations: name s, description s, department_ids a, scenario_ids a, scenario_rubric_ids a, scenario_time_limit_ids
    a, scenario_position_ids a, scenario_flag_ids a, practice b
standard_groups: name s, short_name s, description s, points i, pass_points i
standards: name s, description s, points i, standard_group_id s
temperature_levels: temperature n
texts: text_id s
tools: name s, description s, department_ids a, args_ids a, args_output_ids a, operation s, resources a, entries a,
    artifacts a
uploads: upload_id s
voices: voice s
"""
_ENTRIES = """
analyses: grade_id s, content s, updated_at s, call_id s
contents: message_id s, updated_at s, content s, call_id s, persona_id s
feedbacks: grade_id s, total i, feedback s, updated_at s, call_id s
grades: chat_id s, updated_at s, passed b, score i, time_taken i
highlights: strength_id s, section s, idx i, updated_at s
hints: message_id s, hint s, updated_at s, call_id s
improvements: grade_id s, message_id s, name s, description s, updated_at s, call_id s
strengths: grade_id s, message_id s, name s, description s, updated_at s, call_id s
replacements: improvement_id s, section s, replace s, idx i, updated_at s
attempt_responses: chat_id s, updated_at s, call_id s
"""


def _read(table: str) -> Mapping[str, Fields]:
    lines = table.strip().replace("\n    ", " ").splitlines()
    found: dict[str, Fields] = {}
    for line in lines:
        name, _, fields = line.partition(": ")
        pairs = (field.split(" ") for field in fields.split(", "))
        found[name] = {field: _SHORT[kind] for field, kind in pairs}
    return found


FIELDS_OF_RESOURCES: Mapping[str, Fields] = _read(_RESOURCES)
FIELDS_OF_ENTRIES: Mapping[str, Fields] = _read(_ENTRIES)


def fields_of(type_name: str) -> Fields:
    """The fields of a type; raises `KeyError` for a name without events."""
    return FIELDS_OF_RESOURCES[type_name] if type_name in FIELDS_OF_RESOURCES else FIELDS_OF_ENTRIES[type_name]
