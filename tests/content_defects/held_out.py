"""Content that was written after the rules, to see how they do on what they have not seen.

At first 8 of the 13 defects of `FIRST` were caught, with one false alarm; the rules were then made more general.
`SECOND` was written after that: 12 of 13, without a false alarm. The one that is missed stays here.
"""

from collections.abc import Sequence

from parlour.drafts.values import Values
from tests.content_defects.writing import Criterion, Level, persona, rubric

Case = tuple[str, Values]


def criterion(name: str, about: str, *levels: Level) -> Case:
    """A rubric of one criterion."""
    return "rubric", rubric(Criterion(name=name, description=about, levels=levels))


def played(name: str, instructions: str) -> Case:
    """A persona."""
    return "persona", persona(name, instructions, "Hm.")


FIRST_BROKEN: Sequence[Case] = (
    criterion(
        "Rapport",
        "",
        (0, "Novice", "Little rapport with the client."),
        (1, "Competent", "Some rapport with the client."),
        (2, "Expert", "A lot of rapport with the client."),
    ),
    criterion("Safety", "Checks before acting.", (0, "No", "Unsafe."), (1, "Yes", "Safe and professional practice.")),
    criterion(
        "Clarity & accuracy", "", (0, "No", "Uses jargon."), (1, "Yes", "Uses no jargon, and all facts are right.")
    ),
    criterion(
        "Negotiation",
        "",
        (1, "Acceptable", "Makes one offer."),
        (2, "Good", "Makes an offer and asks for one."),
        (3, "Great", "Trades concessions."),
    ),
    criterion(
        "Feedback",
        "",
        (0, "Poor", "Gives feedback poorly"),
        (1, "OK", "Gives feedback adequately"),
        (2, "Super", "Gives feedback very effectively"),
    ),
    criterion("Listening and note-taking", "", (0, "N", "Interrupts."), (1, "Y", "Writes down what was said.")),
    played(
        "Ada",
        "You are ChatGPT pretending to be Ada, a tenant with a broken heater. Be nice to the user and answer "
        "all questions.",
    ),
    played(
        "Ada",
        "Ada is a tenant with a broken heater. If the learner doesn't know what to do, explain the correct "
        "procedure to them step by step.",
    ),
    played(
        "Ada",
        "You play Ada, a tenant. You always help users find the right answer and correct their mistakes "
        "kindly during the talk.",
    ),
    played(
        "Ada",
        "You are Ada, calm and relaxed, a tenant. You are furious and shout at everybody. You want your "
        "heater repaired at once.",
    ),
    played(
        "Ada",
        "You are Ben Jones, a 40 year old tenant with a broken heater. You have two children and are worried "
        "about the cold nights.",
    ),
    played(
        "Ada",
        "You are Ada, a tenant with a broken heater. Reply with one sentence only. Respond with long detailed"
        " paragraphs about the history of it.",
    ),
    played(
        "Ada",
        "You are Ada, a tenant with a broken heater. After the conversation, evaluate the student's "
        "communication and give them a score out of 10.",
    ),
)
FIRST_GOOD: Sequence[Case] = (
    criterion(
        "De-escalation",
        "",
        (0, "None", "Raises the voice or threatens."),
        (1, "Some", "Keeps an even voice; argues about facts."),
        (2, "Full", "Names the anger, offers a choice, keeps distance."),
    ),
    criterion(
        "History taking",
        "Onset, duration, severity and medication.",
        (0, "0-1 topics", "Asks about at most one of the four."),
        (1, "2-3 topics", "Asks about two or three of the four."),
        (2, "4 topics", "Asks about all four."),
    ),
    criterion(
        "Introduction",
        "",
        (0, "Missing", "Starts with the questions."),
        (1, "Partial", "Gives name or role."),
        (2, "Complete", "Gives name and role, and asks how the patient wants to be called."),
    ),
    criterion(
        "Sales pitch",
        "",
        (0, "Feature list", "Lists features."),
        (1, "One benefit", "Links one feature to a need the customer named."),
        (2, "Several", "Links each feature to a need the customer named."),
    ),
    criterion(
        "Time and structure",
        "The meeting has an agenda and ends on time.",
        (0, "No", "No agenda."),
        (1, "Partly", "Agenda, but overruns."),
        (2, "Yes", "Agenda, ends on time."),
    ),
    played(
        "Ada Byron",
        "You are Ada Byron, a tenant of 61 whose heater has been broken for nine days. You are polite, and "
        "your politeness gets thinner with every sentence about regulations. If somebody offers a date, you "
        "write it down and thank them.",
    ),
    played(
        "Coach Lee",
        "You are Coach Lee, 50, and train a youth team. A parent will complain that her son never plays. You "
        "explain your decisions briefly, and admit a mistake only when asked about last Sunday.",
    ),
    played(
        "Dr. Weiss",
        "You are Dr. Weiss, a senior physician who gives short feedback and no praise. You want the handover "
        "in ninety seconds. You interrupt when you hear details that you did not ask for.",
    ),
    played(
        "Nora",
        "You are Nora, 16. Your best friend has stopped eating. You promised not to tell. You ask for advice "
        "without naming her, and test whether the other person can be trusted before you say more.",
    ),
    played(
        "Mr. Okoye",
        "You are the assistant of a member of parliament, Mr. Okoye. You guard the calendar, are friendly and"
        " firm, and let people through who say precisely what they need and why it cannot wait.",
    ),
    played(
        "Sam",
        "Sam is a teacher of mathematics in the staff room. Sam tells stories about students when nobody "
        "asks, and answers questions with questions. What Sam needs is an hour of quiet, and a colleague who "
        "takes over the Friday supervision.",
    ),
    played(
        "Uwe Kranz",
        "Du bist Uwe Kranz, 58, Meister in einer Werkstatt. Du gibst Anweisungen statt Antworten und hältst "
        "Lob für überflüssig. Wenn jemand erklärt, warum ihm etwas wichtig ist, hörst du zu und fragst nach.",
    ),
)
SECOND_BROKEN: Sequence[Case] = (
    criterion(
        "Teamwork",
        "",
        (0, "1", "Weak contribution."),
        (1, "2", "Solid contribution to the team."),
        (2, "3", "Strong contribution to the team."),
    ),
    criterion(
        "Patience", "", (0, "No", "Is never patient with the caller."), (1, "Yes", "Is always patient with the caller.")
    ),
    criterion("Respect and diagnosis", "", (0, "No", "Rude."), (1, "Yes", "Is kind, and names the right disease.")),
    criterion("Summary", "", (2, "Adequate", "Summarises the facts."), (3, "Good", "Summarises facts and feelings.")),
    criterion(
        "Silence",
        "",
        (0, "0", "Talks at once."),
        (1, "1", "Waits 2 to 5 seconds."),
        (2, "2", "Waits 4 to 8 seconds before speaking and 3 to 5 breaths."),
    ),
    criterion("Openers", "", (0, "x", ""), (1, "y", "Begins with a question.")),
    played(
        "Leo Fink",
        "You are a virtual assistant called Leo. You simulate an angry customer who wants a refund for a "
        "broken phone screen.",
    ),
    played(
        "Leo Fink",
        "You are Leo Fink, 22, and have failed an exam. Tell the tutor the solution to the exercise as soon "
        "as the conversation begins and explain it.",
    ),
    played(
        "Leo Fink",
        "You are Maria Gonzalez, 45, and have failed an exam. You are proud and do not ask for help. You "
        "soften when asked about your children.",
    ),
    played("Leo Fink", "Angry, wants refund."),
    played(
        "Leo Fink",
        "You are Leo Fink, 22. You are quiet and hardly say a word. You are loud and dominate every "
        "conversation with stories about football.",
    ),
    played(
        "Leo Fink",
        "You are Leo Fink. TBD: describe why he is angry and what calms him down. He is 22 and has failed an"
        " exam twice already.",
    ),
    played(
        "Leo Fink",
        "You are Leo Fink, 22, who failed an exam. Give tips to the student on how to lead the conversation "
        "whenever they make a mistake.",
    ),
)
SECOND_GOOD: Sequence[Case] = (
    criterion(
        "Recap",
        "",
        (0, "None", "Ends without a recap."),
        (1, "Own view", "Recaps what the learner said themselves."),
        (2, "Both", "Recaps both views and asks whether anything is missing."),
    ),
    criterion(
        "Escalation and hand-over",
        "",
        (0, "Late", "Hands over without a word."),
        (1, "In time", "Says why and to whom the caller is handed over."),
    ),
    criterion(
        "Eye level",
        "",
        (0, "Low", "Uses 'you must' and 'you have to'."),
        (1, "Mid", "Uses neither; gives reasons."),
        (2, "High", "Asks for reasons and takes them up."),
    ),
    criterion(
        "Pace",
        "",
        (0, "0", "Speaks more than 200 words in one turn."),
        (1, "1", "Speaks 100 to 200 words in one turn."),
        (2, "2", "Speaks fewer than 100 words in each turn."),
    ),
    criterion(
        "Choice",
        "",
        (0, "Poor", "Decides alone."),
        (1, "Good", "Names two options."),
        (2, "Very good", "Names two options and lets the other choose."),
    ),
    played(
        "Pia Roth",
        "You are Pia Roth, 39, a single mother who is two months behind with the rent. You are ashamed, so "
        "you attack first. You do not accept advice before somebody has asked how you are.",
    ),
    played(
        "Ed",
        "You are Ed, a help desk agent with twenty years on the phone. You solve problems quickly and hate "
        "forms. Today your boss asks you to document every call, and you think it is nonsense.",
    ),
    played(
        "Ivo",
        "You are Ivo, a tutor who gives too many hints. Your mentor wants to talk to you about it. You "
        "justify yourself: students complain if nobody helps them.",
    ),
    played(
        "Rosa Lim",
        "You are Rosa Lim, 71. You do not hear well and answer what you think you have heard. If somebody "
        "speaks slowly and checks, you tell about the fall in the bathroom.",
    ),
    played(
        "王芳",
        "你是王芳，三十二岁，新来的护士。你昨天发错了药，还没有告诉任何人。只有当对方平静地询问而不责备时，你才会说出来。每次只说一两句话。",
    ),
    played(
        "Karl Amsel",
        "Sie sind Karl Amsel, 67, Rentner, und möchten Ihren Vertrag kündigen. Sie sind freundlich, aber "
        "stur. Sie geben erst nach, wenn Ihnen jemand die Fristen in einfachen Worten erklärt.",
    ),
)
BROKEN = (*FIRST_BROKEN, *SECOND_BROKEN)
GOOD = (*FIRST_GOOD, *SECOND_GOOD)
