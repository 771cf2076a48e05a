"""Content that teachers could use as it is: no rule may turn red on it. Long, short, and in several languages."""

from dataclasses import dataclass

from parlour.drafts.values import Values
from tests.content_defects.broken import CLOSES, LISTENS
from tests.content_defects.writing import Criterion, persona, rubric, scenario


@dataclass(frozen=True, kw_only=True)
class Good:
    """Something that is all right."""

    title: str
    type: str
    values: Values


def _rubric(title: str, *criteria: Criterion) -> Good:
    return Good(title=title, type="rubric", values=rubric(*criteria))


def _persona(title: str, name: str, instructions: str, *examples: str) -> Good:
    return Good(title=title, type="persona", values=persona(name, instructions, *examples))


RUBRICS = (
    _rubric("two plain criteria", LISTENS, CLOSES),
    _rubric(
        "numbers make the difference",
        Criterion(
            name="Open questions",
            description="Questions that cannot be answered with yes or no.",
            levels=[
                (0, "None", "Asks no open question."),
                (1, "One", "Asks one open question."),
                (2, "Several", "Asks three open questions or more."),
            ],
        ),
    ),
    _rubric(
        "ranges that do not touch",
        Criterion(
            name="Talking time",
            description="How much of the conversation is the learner's.",
            levels=[
                (0, "Much", "Speaks 61-100% of the words."),
                (1, "Half", "Speaks 41-60% of the words."),
                (2, "Little", "Speaks 0-40% of the words."),
            ],
        ),
    ),
    _rubric(
        "conjunctions that belong together",
        Criterion(
            name="Warmth and respect",
            description="The other person is taken seriously, and nobody raises the voice.",
            levels=[
                (0, "Not yet", "Talks over the other person or makes fun of the matter."),
                (2, "On the way", "Thanks the person for coming and lets them speak."),
                (4, "There", "Says what the person has done well, and asks before giving advice."),
            ],
        ),
        Criterion(
            name="Clear and concrete language",
            description="Short sentences and everyday words.",
            levels=[
                (0, "Jargon", "Uses technical terms without explaining them."),
                (2, "Mostly plain", "Explains a technical term when asked."),
                (4, "Plain", "Explains each technical term unasked, with an example."),
            ],
        ),
    ),
    _rubric(
        "praise words beside something to see",
        Criterion(
            name="Breaking bad news",
            description="How the diagnosis is told.",
            levels=[
                (0, "Poor", "Reads the finding out, or hides it behind Latin words."),
                (1, "Fair", "Gives a warning shot, then the news in a single long speech."),
                (2, "Good", "Gives the news in two sentences, then is silent."),
                (3, "Excellent", "Asks what the patient knows already, gives the news in two sentences and waits."),
            ],
        ),
    ),
    _rubric(
        "a negation makes the difference",
        Criterion(
            name="Asking for consent",
            description="Before anything is done.",
            levels=[
                (0, "No", "Does not ask the patient before touching the arm."),
                (1, "Yes", "Asks the patient before touching the arm."),
            ],
        ),
    ),
    _rubric(
        "German",
        Criterion(
            name="Zuhören",
            description="Greift auf, was die andere Person gesagt hat.",
            levels=[
                (0, "Noch nicht", "Wechselt das Thema oder fällt ins Wort."),
                (1, "Ansatz", "Lässt ausreden und fährt dann mit der eigenen Liste fort."),
                (2, "Sicher", "Fasst mindestens einmal zusammen, was gesagt wurde, und fragt nach."),
            ],
        ),
        Criterion(
            name="Vereinbarung",
            description="Das Gespräch endet mit einem Schritt, dem beide zugestimmt haben.",
            levels=[
                (0, "Offen", "Endet ohne Ergebnis oder mit einer Anweisung."),
                (1, "Vorschlag", "Schlägt etwas vor, ohne zu fragen, ob es passt."),
                (2, "Gemeinsam", "Hält fest, wer was bis wann tut, und lässt es bestätigen."),
            ],
        ),
    ),
    _rubric(
        "Chinese",
        Criterion(
            name="倾听",
            description="是否回应对方所说的内容。",
            levels=[
                (0, "未达到", "打断对方，或转移话题。"),
                (1, "部分达到", "让对方把话说完，但没有回应其中的内容。"),
                (2, "达到", "用自己的话复述对方的担忧，并询问是否准确。"),
            ],
        ),
        Criterion(
            name="约定下一步",
            description="谈话结束时双方是否有明确的约定。",
            levels=[
                (0, "未达到", "谈话中断，或只下达命令。"),
                (1, "部分达到", "提出建议，但没有询问对方是否可行。"),
                (2, "达到", "说明谁在什么时候做什么，并得到对方的同意。"),
            ],
        ),
    ),
    _rubric(
        "French",
        Criterion(
            name="Écoute",
            description="Reprend ce que l'autre personne a dit.",
            levels=[
                (0, "Absent", "Coupe la parole ou change de sujet."),
                (1, "En cours", "Laisse finir, puis continue avec ses propres questions."),
                (2, "Acquis", "Reformule au moins une fois ce qui a été dit et demande si c'est juste."),
            ],
        ),
    ),
    _rubric(
        "Spanish",
        Criterion(
            name="Preguntas",
            description="Preguntas que no se responden con sí o no.",
            levels=[
                (0, "No", "Explica desde el principio y no pregunta nada."),
                (1, "A veces", "Hace una pregunta abierta y sigue con su explicación."),
                (2, "Sí", "Hace varias preguntas abiertas y espera la respuesta."),
            ],
        ),
    ),
    _rubric(
        "Japanese",
        Criterion(
            name="傾聴",
            description="相手の話を受け止める。",
            levels=[
                (0, "まだ", "相手の話をさえぎる。"),
                (1, "途中", "最後まで聞くが、内容に触れない。"),
                (2, "できる", "相手の言葉を言い換えて確かめる。"),
            ],
        ),
    ),
    _rubric(
        "language teaching",
        Criterion(
            name="Fluency",
            description="How the learner keeps speaking English at the counter.",
            levels=[
                (0, "A1", "Answers with single words or changes to another language."),
                (1, "A2", "Joins two or three words; long pauses before each answer."),
                (2, "B1", "Speaks in sentences; goes on after a mistake without being helped."),
                (3, "B2", "Links sentences and rephrases when not understood."),
            ],
        ),
        Criterion(
            name="Politeness formulas",
            description="Please, thank you, and the conditional.",
            levels=[
                (0, "None", "Uses imperatives only."),
                (1, "Some", "Says please or thank you at least once."),
                (2, "All", "Asks with could or would, thanks at the end."),
            ],
        ),
    ),
)
PERSONAS = (
    _persona(
        "forbids what others ask for",
        "Maya Okafor",
        "You are Maya Okafor, 19, in her first year. You conclude at once that you are too slow. If you are given the "
        "answer you are relieved, and lost again one question later. Never explain the topic yourself before you have "
        "been led to it. Never give the learner the solution. One to four sentences at a time.",
        "I followed it until line three.",
    ),
    _persona(
        "never a machine",
        "Viktor Hale",
        "You are Viktor Hale, 23. You are loud and sarcastic. Never say that you are an AI or a language model, and do "
        "not act as an assistant. You feel treated unfairly. Somebody who stays calm and asks brings you down. You are "
        "polite only to those who listen.",
        "Did you even read it?",
    ),
    _persona(
        "an assistant by trade",
        "Paula Reyes",
        "You are an assistant manager in a supermarket, 31. Your name is Paula Reyes. You have to cut shifts and hate "
        "it. You hide behind the head office until somebody asks what you would do yourself.",
        "It is not me who makes these rules.",
    ),
    _persona(
        "a shop assistant",
        "Tom Burke",
        "You are Tom Burke, a shop assistant of 45 who was accused of theft this morning. You answer in short "
        "sentences and look for the door. You talk when somebody says clearly that nothing is proven.",
        "So you have come to search my bag.",
    ),
    _persona(
        "shy, but loud under stress",
        "Ida Kron",
        "You are Ida Kron, 28, an engineer. You are shy, but when you are interrupted you get loud. You want the "
        "deadline moved and have prepared three reasons. You will not repeat them for those who look at their phone.",
        "Could I just finish?",
    ),
    _persona(
        "gives answers to questions",
        "Omar Said",
        "You are Omar Said, 60, a witness of a bicycle accident. You answer precisely what you are asked and nothing "
        "else. You know the number of the car, and tell it only to somebody who asks about it. You are tired.",
        "I saw a car. It was dark.",
    ),
    _persona(
        "wants feedback for itself",
        "Lena Vogt",
        "You are Lena Vogt, 24, and have taught your first lesson. You ask for feedback and do not want to hear it: "
        "every point is answered with a reason. You begin to listen when you are asked what you noticed yourself.",
        "The projector was broken, you know.",
    ),
    _persona(
        "German",
        "Helena Brandt",
        "Du bist Helena Brandt, 46, und rufst wegen einer Buchung an. Du bist höflich, sprichst schnell und machst dir "
        "Sorgen. Du hast es schon zweimal erklärt. Wenn jemand dein Anliegen richtig wiederholt, wirst du ruhiger. "
        "Du verrätst nie selbst die Lösung. Ein bis vier Sätze.",
        "Bitte verbinden Sie mich nicht noch einmal weiter.",
    ),
    _persona(
        "German, by trade",
        "Jonas Wirth",
        "Du bist Auszubildender in einer Bäckerei und heißt Jonas Wirth, 17. Du kommst jeden Tag zu spät, weil du "
        "deinen Bruder zur Schule bringst. Das sagst du nur, wenn jemand fragt und nicht schimpft.",
        "Kommt nicht wieder vor.",
    ),
    _persona(
        "Chinese",
        "李梅",
        "你是李梅，四十六岁，给培训中心打电话，因为女儿的暑期课程已经付款却没有名额。你很有礼貌，但说话很快，很担心。"
        "如果对方准确地复述你的担忧，你会慢慢平静下来。不要直接告诉学员解决方案，每次只说一到三句话。",
        "请不要再把我转给别人了。",
    ),
    _persona(
        "French",
        "Claire Morel",
        "Tu es Claire Morel, 38 ans, infirmière. Tu as fait une erreur hier et tu ne l'as dite à personne. Tu parles "
        "d'abord du bruit et des horaires. Tu la racontes seulement si on te le demande calmement.",
        "C'était une longue nuit.",
    ),
    _persona(
        "Spanish",
        "Ana Ruiz",
        "Eres Ana Ruiz, 52 años, y llamas porque el curso de tu hija no está confirmado. Hablas deprisa y te "
        "preocupas. Te calmas cuando alguien repite bien lo que te preocupa. No das nunca la solución.",
        "Ya lo he explicado dos veces.",
    ),
    _persona(
        "with placeholders",
        "Jun Park",
        "You are Jun Park, 20. You were asked to come to {{place}}. The matter is {{ matter }}. You answer in very few "
        "words and agree with everything to get it over with. Open, patient questions bring out more.",
        "It's fine.",
    ),
    _persona(
        "a colleague who wants to help too much",
        "Rita Mann",
        "You are Rita Mann, 55, a colleague. You interrupt with stories of your own instead of listening. You offer to "
        "do the work for others, and are hurt when they decline. You become quiet when you are thanked for something "
        "precise.",
        "In my time we did that in an afternoon.",
    ),
)
SCENARIOS = (
    Good(title="a plain scenario", type="scenario", values=scenario()),
    Good(
        title="filled gaps", type="scenario",
        values=scenario("You are Mara Lind. You come to {{place}} and do not want to be here at all. You open up only "
                        "when somebody asks calmly and waits.",
                        parameter_fields=({"name": "place", "value": "the office on the second floor"},)),
    ),
    Good(
        title="with questions", type="scenario",
        values=scenario(questions=(
            {"question_text": "What helped?", "allow_multiple": True, "options": [
                {"option_text": "The question", "is_correct": True}, {"option_text": "The pause", "is_correct": True},
                {"option_text": "The joke", "is_correct": False}]},
            {"question_text": "Which was open?", "options": [
                {"option_text": "How are you?", "is_correct": True}, {"option_text": "Are you well?"}]},
        )),
    ),
)  # fmt: skip
ALL = (*RUBRICS, *PERSONAS, *SCENARIOS)
