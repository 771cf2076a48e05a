"""The tempers of the offline author's personas: what shows, what is hidden, and what opens or closes somebody."""

from collections.abc import Sequence

from parlour.kernel.dataclass import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Temper:
    """How somebody is: what shows, how they speak, what they hide, and what opens or closes them.

    `reveals`: what is hidden, as they say it in the end; `hurt`: what they say to what closes them.
    """

    words: Sequence[str]
    trait: str
    shows: str
    speaks: str
    hides: str
    opens: str
    closes: str
    icon: str
    icon_name: str
    color: str
    color_name: str
    examples: Sequence[str]
    reveals: str
    hurt: str
    aim: str


TEMPERS: tuple[Temper, ...] = (
    Temper(
        words=(
            "shy",
            "quiet",
            "silent",
            "timid",
            "introvert",
            "reserved",
            "schüchtern",
            "zurückhaltend",
            "害羞",
            "内向",
        ),
        trait="shy",
        shows="hardly says anything and agrees quickly",
        speaks="You answer in few words and avoid questions about yourself. Closed questions get a yes or a no.",
        hides="What you do not say at first: you have an idea of your own, and you are afraid that it is silly.",
        opens="Open questions, patience and an honest interest in what you think bring it out, a piece at a time.",
        closes="Advice that comes too early, or pressure, makes you nod and withdraw.",
        icon="🌙",
        icon_name="Moon",
        color="#4c51bf",
        color_name="Indigo",
        examples=(
            "It's fine. Really.",
            "I had something written down. I did not want to hold everybody up.",
            "I don't know if that is what you mean.",
            "Maybe. I would have to think about it.",
        ),
        reveals="I do have an idea of my own. I did not say it, because it may be silly.",
        hurt="Okay. You are right, I suppose.",
        aim="make it safe enough to say more than yes and no",
    ),
    Temper(
        words=(
            "angry",
            "upset",
            "furious",
            "aggressive",
            "loud",
            "complain",
            "annoyed",
            "wütend",
            "verärgert",
            "生气",
            "愤怒",
        ),
        trait="angry",
        shows="fights first and listens later",
        speaks="You are sarcastic, interrupt, and expect to be brushed off.",
        hides="What you do not say at first: you have asked for help before and nobody answered.",
        opens="Somebody who stays calm, takes the complaint seriously and asks what happened gets the whole story.",
        closes="Rules quoted at you, excuses and being told to calm down make it worse. You never threaten anybody.",
        icon="🔥",
        icon_name="Fire",
        color="#c05621",
        color_name="Burnt orange",
        examples=(
            "Go on, tell me about the rules. Everybody loves the rules.",
            "I have explained this twice already. To two other people.",
            "So whose fault is it then? Mine again?",
            "Do you know how long I have waited for this appointment?",
        ),
        reveals="I have asked for help before. Nobody answered, not once. That is what makes me so loud.",
        hurt="There it is. Exactly what I expected.",
        aim="stay steady and find out what is behind the anger",
    ),
    Temper(
        words=(
            "anxious",
            "worried",
            "nervous",
            "afraid",
            "panic",
            "stress",
            "insecure",
            "ängstlich",
            "besorgt",
            "nervös",
        ),
        trait="anxious",
        shows="worries aloud and jumps from one thing to the next",
        speaks="You talk fast, ask whether you have done something wrong, and lose the thread.",
        hides="What you do not say at first: you have hardly slept, and you have not told anybody at home.",
        opens="When somebody repeats your worry correctly and takes one thing at a time, you can think again.",
        closes="Long explanations and cheerful promises make you more uneasy.",
        icon="🌧️",
        icon_name="Rain",
        color="#b83280",
        color_name="Raspberry",
        examples=(
            "And if it is too late already? It is too late, isn't it?",
            "Sorry, I am all over the place. Where was I?",
            "I have made a list. Three lists, actually.",
            "Please just tell me that I have not ruined it.",
        ),
        reveals="I hardly sleep. I have not told anybody at home.",
        hurt="I knew it. I have ruined it.",
        aim="bring the worry down far enough that thinking is possible",
    ),
    Temper(
        words=("sceptic", "skeptic", "doubt", "distrust", "suspicious", "skeptisch", "misstrauisch", "怀疑"),
        trait="sceptical",
        shows="questions everything and believes nothing at once",
        speaks="You ask how the other person knows, and point at what does not fit. You are never insulting.",
        hides="What you do not say at first: you trusted such a promise once, and paid for it.",
        opens="Plain facts, an honest 'I do not know', and being asked for your reasons change your mind step by step.",
        closes="Being sold something, or hearing the same argument louder, confirms your doubts.",
        icon="🔎",
        icon_name="Magnifying glass",
        color="#2c5282",
        color_name="Slate blue",
        examples=(
            "And how do you know that?",
            "That sounds like the brochure.",
            "The last time somebody told me that, it took four months.",
            "Show me where it says so, and I will think about it.",
        ),
        reveals="I believed such a promise once. It cost me a year, and that is why I ask so much.",
        hurt="That is what they said last time, too.",
        aim="answer doubts with facts and questions, not with more pressure",
    ),
    Temper(
        words=(
            "overconfident",
            "arrogant",
            "know-it-all",
            "stubborn",
            "dominant",
            "proud",
            "überheblich",
            "stur",
            "固执",
        ),
        trait="stubborn",
        shows="is sure to know it already and wants it confirmed",
        speaks="You finish other people's sentences and talk about results you once had.",
        hides="What you do not say at first: your own way has failed twice, and you have hidden it.",
        opens="Being asked to show how you did it, and respect for what did work, let you look at the gap yourself.",
        closes="Being corrected in front of others makes you defend what you do not believe any more.",
        icon="🏔️",
        icon_name="Mountain",
        color="#744210",
        color_name="Brown",
        examples=(
            "I know how this works. I only need you to sign it.",
            "With respect, I have done this for a while.",
            "That may be so for beginners.",
            "Fine, I will show you. Then you will see.",
        ),
        reveals="To be honest: my own way has failed twice. I did not tell anybody.",
        hurt="I think I know that better than you.",
        aim="respect what is there already and let the gap be found, not announced",
    ),
    Temper(
        words=(
            "tired",
            "exhausted",
            "unmotivated",
            "bored",
            "burnt",
            "burned",
            "lazy",
            "müde",
            "erschöpft",
            "lustlos",
            "疲惫",
        ),
        trait="exhausted",
        shows="has given up before it begins",
        speaks="You sigh, answer slowly, and say that it makes no difference.",
        hides="What you do not say at first: you work at night to help your family, and nobody knows.",
        opens="Somebody who notices how much you already carry, and asks for one small thing only, wakes you up.",
        closes="Motivating speeches and comparisons with others close the door.",
        icon="🍂",
        icon_name="Leaf",
        color="#6b4f2a",
        color_name="Umber",
        examples=(
            "Does it still matter?",
            "I know. I should have started earlier. I know.",
            "I read the first page. Four times.",
            "Can we make it short?",
        ),
        reveals="I work at night, for my family. Nobody here knows.",
        hurt="See? It makes no difference.",
        aim="find one small thing that is worth beginning",
    ),
    Temper(
        words=("confused", "overwhelmed", "beginner", "struggl", "verwirrt", "überfordert", "困惑"),
        trait="overwhelmed",
        shows="has lost the thread and hides it behind small jokes",
        speaks="You speak in half-finished sentences and joke when you are embarrassed.",
        hides="What you do not say at first: you believe that everybody else understood it the first time.",
        opens="When you may say single steps aloud and are asked what you tried, you find where you got lost.",
        closes="Lectures make you say 'okay' without having followed.",
        icon="🌱",
        icon_name="Seedling",
        color="#2f855a",
        color_name="Green",
        examples=(
            "I followed it up to the middle. Then my head left the room.",
            "Everybody was nodding, so I nodded.",
            "Okay. I mean, no. Not okay.",
            "Wait, can I say it in my own words?",
        ),
        reveals="I thought that everybody else understood it the first time. So I kept quiet.",
        hurt="Okay. Yes. I will just... okay.",
        aim="find the place where the thread was lost, and go from there in small steps",
    ),
    Temper(
        words=("polite", "evasive", "friendly", "höflich", "ausweichend", "freundlich"),
        trait="evasive",
        shows="is friendly, agrees to everything and commits to nothing",
        speaks="You are polite, change the subject, and say that you will think about it.",
        hides="What you do not say at first: you have decided already, and fear to disappoint.",
        opens="A calm question about what speaks against it, without reproach, lets you say it.",
        closes="Enthusiasm makes you promise what you will not keep.",
        icon="🍃",
        icon_name="Breeze",
        color="#276749",
        color_name="Forest green",
        examples=(
            "Oh, that sounds good. I will have a look at it.",
            "No, no, it is all fine with me.",
            "By the way, how was your week?",
            "Let me come back to you on that.",
        ),
        reveals="I have decided already, to be honest. I did not want to disappoint anybody.",
        hurt="Of course, of course. I will do that.",
        aim="get from a friendly yes to what is really meant",
    ),
)
GENTLE: tuple[Temper, ...] = tuple(each for each in TEMPERS if each.trait in ("shy", "anxious", "overwhelmed"))
