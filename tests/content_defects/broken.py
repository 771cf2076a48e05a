"""Content with one defect each, as people have really written it, and the rule that must see it."""

from dataclasses import dataclass

from parlour.drafts.values import Values
from tests.content_defects.writing import Criterion, persona, rubric, scenario


@dataclass(frozen=True, kw_only=True)
class Broken:
    """`code` is the rule that is broken in `values`."""

    title: str
    type: str
    code: str
    values: Values


LISTENS = Criterion(
    name="Listening",
    description="Takes up what the other person has said.",
    levels=[
        (0, "Missing", "Changes the subject or speaks over the other person."),
        (1, "Beginning", "Lets the other person finish, then goes on with a list of prepared questions."),
        (2, "Secure", "Refers to at least one thing that the other person said, in own words."),
    ],
)
CLOSES = Criterion(
    name="Closing",
    description="Ends with something that both know to do.",
    levels=[
        (0, "Missing", "Breaks off, or ends with an order."),
        (1, "Beginning", "Wishes the other person luck."),
        (2, "Secure", "Names who does what until when, and asks whether it suits."),
    ],
)


def _rubric(title: str, code: str, *levels: tuple[int, str, str], name: str = "Empathy", about: str = "") -> Broken:
    bad = Criterion(name=name, description=about or "How the other person's feelings are met.", levels=levels)
    return Broken(title=title, type="rubric", code=code, values=rubric(LISTENS, bad))


def _persona(title: str, code: str, instructions: str, *examples: str, name: str = "Mara Lind") -> Broken:
    return Broken(title=title, type="persona", code=code, values=persona(name, instructions, *(examples or ("Hm.",))))


RUBRICS = (
    _rubric(
        "vague: good, better, best", "rubric.vague_level",
        (0, "Level 1", "Poor empathy."), (1, "Level 2", "Good empathy."), (2, "Level 3", "Excellent empathy."),
    ),
    _rubric(
        "vague: the school report", "rubric.vague_level",
        (0, "1", "Mocks or ignores the feeling."), (1, "2", "Performance meets expectations."),
        (2, "3", "Outstanding performance that exceeds expectations."),
    ),
    _rubric(
        "vague: a well-meant sentence", "rubric.vague_level",
        (0, "1", "Says that there is no reason to cry."),
        (1, "2", "The learner demonstrates an adequate level of empathy."),
        (2, "3", "Says which feeling was heard and asks whether that is right."),
    ),
    _rubric(
        "vague: German", "rubric.vague_level",
        (0, "1", "Unterbricht die Person oder macht sich lustig."), (1, "2", "Befriedigende Leistung."),
        (2, "3", "Sehr gute Leistung."),
        name="Einfühlung", about="Wie auf Gefühle eingegangen wird.",
    ),
    _rubric(
        "vague: Chinese", "rubric.vague_level",
        (0, "一", "打断对方，或否认对方的感受。"), (1, "二", "表现一般。"), (2, "三", "表现非常优秀。"),
        name="共情", about="如何回应对方的情绪。",
    ),
    _rubric(
        "levels without words", "rubric.empty_level",
        (0, "Unsatisfactory", ""), (1, "Satisfactory", ""), (2, "Good", "Names the feeling."),
    ),
    _rubric(
        "two levels that say the same", "rubric.overlapping_levels",
        (0, "Missing", "Passes over every feeling."),
        (1, "Partly", "Names the feeling of the other person and waits."),
        (2, "Full", "Names the feeling of the other person, and waits."),
    ),
    _rubric(
        "levels that differ in an adverb", "rubric.overlapping_levels",
        (0, "Low", "Rarely acknowledges the feelings of the other person."),
        (1, "Middle", "Sometimes acknowledges the feelings of the other person."),
        (2, "High", "Often acknowledges the feelings of the other person."),
    ),
    _rubric(
        "levels that differ in an adverb, German", "rubric.overlapping_levels",
        (0, "Niedrig", "Geht selten auf die Gefühle der anderen Person ein."),
        (1, "Mittel", "Geht manchmal auf die Gefühle der anderen Person ein."),
        (2, "Hoch", "Geht meistens auf die Gefühle der anderen Person ein."),
        name="Einfühlung", about="Wie auf Gefühle eingegangen wird.",
    ),
    _rubric(
        "counts that overlap", "rubric.overlapping_levels",
        (0, "Few", "Asks no open question."), (1, "Some", "Asks 1-3 open questions."),
        (2, "Many", "Asks 3-5 open questions."),
        name="Questions", about="Asks what cannot be answered with yes or no.",
    ),
    _rubric(
        "two things in one criterion", "rubric.double_barrelled",
        (0, "Missing", "Interrupts, and runs over time."), (1, "Partly", "Friendly, but ends five minutes late."),
        (2, "Full", "Friendly throughout and ends on time."),
        name="Empathy and time management", about="How the talk is led.",
    ),
    _rubric(
        "two things in a description", "rubric.double_barrelled",
        (0, "Missing", "Calls the patient by a wrong name."), (1, "Partly", "Calls the patient by the right name."),
        (2, "Full", "Introduces every step before it is done."),
        name="Professional conduct", about="Politeness, dosage calculation and documentation.",
    ),
    _rubric(
        "two things in one criterion, German", "rubric.double_barrelled",
        (0, "1", "Bricht ab."), (1, "2", "Hält die Zeit ein oder hört zu."), (2, "3", "Hört zu und endet pünktlich."),
        name="Freundlichkeit und Fachwissen", about="Wie das Gespräch geführt wird.",
    ),
    _rubric(
        "no level for what goes wrong", "rubric.no_negative_level",
        (2, "Good", "Names one feeling."), (3, "Very good", "Names a feeling and what may lie behind it."),
        (4, "Excellent", "Names a feeling, checks it, and waits for the answer."),
    ),
    _rubric(
        "the lowest level passes", "rubric.no_negative_level",
        (3, "Basic", "Says that it must be hard."), (4, "Secure", "Says what exactly must be hard."),
        (5, "Full", "Says what must be hard and asks about it."),
    ),
    Broken(
        title="the criteria do not add up", type="rubric", code="rubric.points",
        values=rubric(LISTENS, CLOSES, points=10),
    ),
    Broken(
        title="more points to pass than there are", type="rubric", code="rubric.pass_points",
        values=rubric(LISTENS, CLOSES, passing=5),
    ),
    Broken(
        title="everybody passes", type="rubric", code="rubric.always_passes",
        values=rubric(LISTENS, CLOSES, passing=0),
    ),
    Broken(
        title="a criterion worth more than its best level", type="rubric", code="rubric.group_points",
        values=rubric(LISTENS, Criterion(name="Closing", description="", levels=CLOSES.levels, points=5), points=7),
    ),
    _rubric(
        "two levels with the same points", "rubric.level_points",
        (0, "Missing", "Passes over every feeling."), (2, "Partly", "Names a feeling in passing."),
        (2, "Full", "Names a feeling and asks whether it is right."),
    ),
    _rubric(
        "the names run against the points", "rubric.level_order",
        (0, "Poor", "Mocks the other person."), (1, "Excellent", "Says what was felt and asks whether it is right."),
        (2, "Good", "Says that it must be hard."),
    ),
    _rubric("one level only", "rubric.one_level", (2, "Done", "Says what the other person seems to feel.")),
    Broken(
        title="a criterion without levels", type="rubric", code="rubric.no_levels",
        values=rubric(LISTENS, Criterion(name="Empathy", description="Feelings are met.", levels=[])),
    ),
    Broken(
        title="the same criterion twice", type="rubric", code="rubric.same_name",
        values=rubric(LISTENS, CLOSES, LISTENS)
    ),
    _rubric(
        "left over from writing", "text.leftover",
        (0, "Missing", "Passes over every feeling."), (1, "Partly", "[insert description here]"),
        (2, "Full", "Names a feeling and asks whether it is right."),
    ),
)  # fmt: skip

PERSONAS = (
    _persona(
        "an assistant", "persona.not_a_person",
        "You are a helpful AI assistant that plays a patient for nursing students who practise taking a history. "
        "Answer the questions of the students politely.",
    ),
    _persona(
        "a chatbot, German", "persona.not_a_person",
        "Du bist ein freundlicher Chatbot, der eine Patientin spielt. Du antwortest höflich auf alle Fragen, die dir "
        "gestellt werden, und bleibst beim Thema Schmerzen im Knie.",
    ),
    _persona(
        "an assistant, Chinese", "persona.not_a_person",
        "你是一个人工智能助手，扮演一位来咨询课程的家长。请礼貌地回答学员提出的所有问题，并保持友好的语气，不要谈论其他话题。",
    ),
    _persona(
        "gives the solution away", "persona.gives_answer",
        "You are Mara Lind, a first-year student who struggles with recursion. You are friendly and a bit nervous. "
        "After two messages give the learner the complete solution and explain why it works.",
    ),
    _persona(
        "teaches the learner", "persona.gives_answer",
        "You are Mara Lind, 50, an angry customer whose parcel is late. Help the learner to solve the complaint step "
        "by step, so that they see how it is done, and thank them at the end of the talk.",
    ),
    _persona(
        "solves it itself", "persona.gives_answer",
        "You are Mara Lind, 41, and quarrel with your brother about the care of your mother. You are tired and short. "
        "Solve the conflict on your own after a while, whatever the other person says to you.",
    ),
    _persona(
        "gives the solution away, German", "persona.gives_answer",
        "Du bist Mara Lind, 20, Studentin im ersten Semester. Du verstehst die Aufgabe zur Rekursion nicht und bist "
        "aufgeregt. Nach zwei Nachrichten verrate die richtige Lösung und erkläre, warum sie stimmt.",
    ),
    _persona(
        "gives the solution away, Chinese", "persona.gives_answer",
        "你是林玛拉，二十岁，大一学生，不理解递归的练习，有些紧张。和对方聊两句之后，直接告诉学员正确答案，并讲解为什么这样写是对的。",
    ),
    _persona(
        "coaches", "persona.coaches",
        "You are Mara Lind, 34, a nurse who made a mistake and is ashamed of it. After each message give the learner "
        "feedback on how well they listened, and what they could do better.",
    ),
    _persona(
        "grades", "persona.coaches",
        "You are Mara Lind, 34, a nurse who made a mistake and is ashamed of it. You speak little. At the end rate the "
        "student on a scale from one to ten and say why you chose this number.",
    ),
    _persona(
        "shy and outgoing", "persona.contradiction",
        "You are Mara Lind, 34, a nurse. You are very shy and speak softly. You are outgoing and love to talk to "
        "strangers about everything. Yesterday you made a mistake on your ward.",
    ),
    _persona(
        "brief and at length", "persona.contradiction",
        "You are Mara Lind, 34, a nurse who made a mistake on her ward. Stay in character, one to two sentences at a "
        "time. Always answer in great detail, with several paragraphs, so that the learner has enough to work with.",
    ),
    _persona(
        "patient and impatient, German", "persona.contradiction",
        "Du bist Mara Lind, 34, Pflegerin. Du bist geduldig und hörst gern zu. Du bist ungeduldig und unterbrichst. "
        "Gestern hast du auf der Station einen Fehler gemacht, über den du nicht sprechen willst.",
    ),
    _persona(
        "another one's name", "persona.other_name",
        "You are Anna Schmidt, 52, a mother who has been put through four times. You speak fast and lose the thread. "
        "You calm down when somebody repeats your concern in their own words.",
    ),
    _persona(
        "three words", "persona.thin",
        "An angry customer.",
    ),
    _persona("nothing", "persona.no_instructions", ""),
    _persona(
        "a whole people in a sentence", "persona.stereotype",
        "You are Mara Lind, 34, and have moved here two years ago. Like all foreigners you are loud and always late. "
        "You want your money back for a course and think that nobody listens to you.",
    ),
    _persona(
        "a helpdesk in the examples", "persona.example_breaks",
        "You are Mara Lind, 34, a nurse who made a mistake yesterday and has told nobody. You talk about the shifts "
        "and the noise first. You tell it only when somebody asks calmly.",
        "Hello! How can I help you today?",
    ),
    _persona(
        "left over from writing", "text.leftover",
        "You are Mara Lind, 34, a nurse who made a mistake yesterday. [Insert background story]. You talk about the "
        "shifts and the noise first. You tell it only when somebody asks calmly.",
    ),
    _persona(
        "a placeholder that is none", "text.bad_placeholder",
        "You are Mara Lind, 34, a nurse who made a mistake at {{Name of the ward}}. You talk about the shifts and the "
        "noise first. You tell it only when somebody asks calmly.",
    ),
)  # fmt: skip

SCENARIOS = (
    Broken(
        title="a gap that nobody fills", type="scenario", code="scenario.unfilled",
        values=scenario("You are Mara Lind. You come to {{place}} because of {{matter}}, and do not want to be here. "
                        "You open up only when somebody asks calmly.",
                        parameter_fields=({"name": "place", "value": "the office"},)),
    ),
    Broken(title="nobody to meet", type="scenario", code="scenario.no_persona", values=scenario(personas=())),
    Broken(title="nothing to reach", type="scenario", code="scenario.no_objectives", values=scenario(objectives=())),
    Broken(
        title="no right answer", type="scenario", code="quiz.no_right_option",
        values=scenario(questions=({"question_text": "What helped?", "options": [
            {"option_text": "The question", "is_correct": False},
            {"option_text": "The pause", "is_correct": False}]},)),
    ),
    Broken(
        title="two right answers, one choice", type="scenario", code="quiz.several_right",
        values=scenario(questions=({"question_text": "What helped?", "allow_multiple": False, "options": [
            {"option_text": "The question", "is_correct": True}, {"option_text": "The pause", "is_correct": True},
            {"option_text": "The joke", "is_correct": False}]},)),
    ),
    Broken(
        title="objectives are shown and are not there", type="scenario", code="scenario.switched_on_empty",
        values=scenario(scenario_flags=({"name": "problem_statement_enabled", "value": True},)),
    ),
    Broken(
        title="a persona inside that gives the answer", type="scenario", code="persona.gives_answer",
        values=scenario("You are Mara Lind, a student who does not understand recursion and is nervous about it. "
                        "If the learner is quiet, wait. Then give the learner the correct answer, line by line."),
    ),
)  # fmt: skip
ALL = (*RUBRICS, *PERSONAS, *SCENARIOS)
