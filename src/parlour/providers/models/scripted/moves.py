"""What a learner's message does in a conversation: the moves, found by phrases (English).

Used by the offline personas and by the rule grader, so both judge the same way. Pure; the time a
text takes is bounded by `TEXT_CHARACTERS_MAX`.
"""

from collections.abc import Mapping
from functools import lru_cache

from parlour.catalog.phrases import found, plain, sentences
from parlour.kernel.dataclass import dataclass

TEXT_CHARACTERS_MAX = 4_000
LECTURE_WORDS = 90
READINGS_MAX = 4_096

_OPENERS = ("what", "how", "why", "which", "where", "when", "who", "in what way", "at what point")
_OPENERS_SURE = ("what", "how", "why ", "which ", "where")
_NEGATED = (
    "(not|no|never|isn't|aren't|wasn't|don't think|nobody|nothing) ... (stupid|idiot*|dumb|lazy|pathetic|useless)",
    "(not|no|never|isn't|aren't|wasn't|don't think|nobody|nothing) ... (hopeless|ridiculous|nonsense|clueless)",
    "(feel|felt|feeling|sound|seem|look) ... (stupid|dumb|useless|hopeless|ridiculous|pathetic)",
)

_REQUESTS = ("(can|could|would|will) you (tell|show|walk|talk|describe|explain|help me understand)", "tell me")
_TELL_ME = ("(tell|show|walk|talk) me ... (about|more|what|how|through)",)

# Phrases per move; a sentence makes the move if any of its phrases is in it.
PHRASES: Mapping[str, tuple[str, ...]] = {
    "asks-tried": (
        "what ... (have|did|had) you ... (try|tried|do|done|attempt*|written|got)",
        "(where|when) ... (do|did|does|are) you ... (stuck|lost|lose|struggl*)",
        "(where|when) (exactly)? (does|did) it ... (stop*|break|go wrong|lose you)",
        "(how|what) ... (you|your) ... so far",
        "(show|walk|talk|take) me ... (what|how|where|through)",
        "what did you expect",
        "what (happened|happens) when you",
        "(have|did) you ... (try|tried) (anything|something|already)",
    ),
    "empathy": (
        "(i|we) (can)? (really|fully|completely|totally)? (understand|hear|see|imagine|get|appreciate)",
        "(that|this|it) (really|must|does|can)? (sound*|feel*|be|seem*) ... (hard|tough|frustrat*|difficult|a lot)",
        "(that|this|it) (really|must|does|can)? (sound*|feel*|be|seem*) ... (stressful|upset*|annoy*|worry*|lonely)",
        "(that|this|it) (really|must)? (sound*|feel*|be|seem*) ... (overwhelm*|exhaust*|scary|unfair|awful|confusing)",
        "(sounds|seems) like ... (you|a|this|that|it)",
        "(makes|make|made) (complete|perfect|total)? sense",
        "no wonder",
        "(it's|it is|that's|that is|this is) (completely|perfectly|totally|very|really|so)? (ok|okay|normal|alright)",
        "(it's|it is|that's|that is|this is) (completely|perfectly|totally|very|really|so)? (understandable|natural)",
        "(it's|it is|that's|that is|this is) (very|really|so)? (fine to|frustrating|hard|tough|not easy|common)",
        "(thank you|thanks) for (telling|sharing|being|saying|letting|coming|your honesty|waiting|raising)",
        "(you're|you are|you must be|you seem|you sound) ... (frustrated|upset|worried|angry|disappointed|tired)",
        "(you're|you are|you must be|you seem|you sound) ... (nervous|stressed|anxious|overwhelmed|under pressure)",
        "take your time",
        "(glad|happy) (that)? you (came|asked|said|told|raised|called|wrote)",
        "i want to (understand|hear|help)",
        "your (frustration|worry|worries|concern*|anger|disappointment)",
        "in your (place|shoes|position)",
    ),
    "apology": (
        "(i'm|i am|we're|we are) (so|very|really|truly)? sorry",
        "(i|we) apologi*",
        "(my|our) (mistake|fault)",
    ),
    "praise": (
        "(good|great|excellent|nice|fair|useful|sharp|valid|important|interesting) (start|point|question|thinking|job)",
        "(good|great|excellent|nice|fair|useful|sharp|valid|interesting|clever) (work|idea|observation|thought|step)",
        "well (done|spotted|put|said|observed)",
        "(that's|that is|you're|you are) (exactly)? right",
        "(you've|you have) (already|clearly|really) ... (done|got|understood|put|worked|thought|made|learned|shown)",
        "(impressed|exactly right|spot on|good for you|proud of)",
        "i like (how|that|the way|your)",
    ),
    "guides": (
        "what (would|could|might|will|do you think) ... (happen*|change*|mean|be|expect|look)",
        "what do you (think|notice|see|expect|make of)",
        "(what if|suppose|imagine|picture)",
        "how (could|might|would|can) (you|we) ... (find|check|test|use|start|approach|figure|tell|know|change|show)",
        "(can|could) you (think|see|spot|find|tell me) ... (why|what|where|how|example*|another|difference|reason)",
        "(smallest|simplest|simpler|easier) (case|example|version|one|possible|step|number|piece)",
        "where (could|might|would) (you|we) (look|start|begin)",
        "which (part|one|of these|piece|line|sentence|step)",
        "(remind|remember) ... (earlier|before|lecture|last time)",
        "in your own (words|life|experience)",
    ),
    "checks-understanding": (
        "(does|did) (that|this|it) ... (make sense|help|sound|fit|match|seem|work)",
        "(in|using) your own words",
        "(explain|say|tell|describe|summari*) ... (back|to me|to a friend|again|in a sentence|in one sentence)",
        "(did|do|have) i (get|got|hear|heard|understand|understood) ... (right|correctly|you)",
        "(if i|let me see if i|let me check if i|so i) (understand|understood|got|have|hear|heard)",
        "let me (check|make sure|summari*|repeat|recap)",
        "(is|was) that (right|correct|what you|fair|how you)",
        "how would you (explain|describe|put|say)",
        "(have i|did i) (missed|miss|forgotten|forget|leave|left)",
        "what (will|do) you take (away|with)",
        "to (summari*|recap|sum up)",
    ),
    "next-step": (
        "next (step|steps|time|week|session|meeting|thing)",
        "(first|one|small|concrete|smallest) (step|thing)",
        "(let's|let us|shall we|could we|can we|we could|why don't we) ... (try|start|begin|do|plan|agree|take|look)",
        "(let's|let us|shall we|could we|can we|we could|why don't we) ... (write|draw|go|work|set|meet|pick|make)",
        "(let's|let us|shall we|could we|can we|we could|why don't we) ... (check|talk|find|fix|sort|send)",
        "(what|when|how) (will|could|would|can|might) you ... (do|try|start|begin) ... (next|first|now|today|tomorrow)",
        "(what|when|how) (will|could|would|can) you ... (do|try|start|begin|work) ... (before|by|until|this week)",
        "(by|before|until|on) (monday|tuesday|wednesday|thursday|friday|saturday|sunday)",
        "(by|before|until) (tomorrow|tonight|noon|the end of)",
        "(i'll|i will|we'll|we will) (call|send|check|email|mail|write|ring|get back|follow up|look into|make sure)",
        "(i'll|i will|we'll|we will) (be here|phone|message|meet|arrange|book|confirm|stay|bring)",
        "(could|can|would|will) you (try|bring|write|send|start|pick|prepare|draft|note)",
        "(what|how) about (we|you|trying|starting)",
        "(follow up|check in|check back|meet again|office hours|come back)",
        "here's what (i|we) (can|will|could)",
        "what i can do",
        "would (it|that) help (you)? (if|to)",
    ),
    "greeting": ("(hi|hello|hey|good morning|good afternoon|good evening|welcome)", "nice to meet"),
    "thanks": ("(thank you|thanks)",),
    "goodbye": ("(bye|goodbye|see you|take care|have a good|talk soon|until next)",),
    "insult": (
        "(stupid*|idiot*|dumb*|moron*|pathetic|imbecile|clueless|incompetent|loser|brainless|lazy|shut up)",
        "(you're|you are|you|so|just|completely|how) (useless|hopeless|ridiculous|a joke|a failure|crazy|hysterical)",
        "what (is|the hell is|the hell's) wrong with you",
        "waste of (time|space|my time)",
        "(nonsense|rubbish)",
    ),
    "dismissive": (
        "(calm|settle) down",
        "(relax|whatever then|oh whatever|yeah whatever|deal with it|get over it|grow up|toughen up|suck it up)",
        "(who cares|tough luck)",
        "(it's|it is|this is|that's|that is) (really|so|very|just|pretty|quite)? (easy|trivial|simple|obvious|basic)",
        "(it's|it is|this is|that's|that is) (nothing|no big deal|not a big deal)",
        "(not|isn't) (my|our) (problem|fault|job|department|business)",
        "(everyone|everybody|anyone|a child|the others|other people) (else)? (gets|got|can|could|understands|managed)",
        "just (google|read|look it up|wait|accept|live with|try harder|work harder|do it|get on with|study)",
        "(stop|quit) (whining|complaining|crying|moaning|making excuses|being)",
        "you (don't|do not) (need|have) to (feel|be|worry)",
        "don't be (so|such|silly|ridiculous|dramatic)",
        "(nothing|not much) (i|we) can do",
        "(i don't|don't) (have time|care)",
        "(policy is policy|those are the rules|read the manual|read the terms|read the syllabus)",
        "(you're|you are) (overreacting|exaggerating|too sensitive|imagining)",
        "hurry up",
    ),
    "blame": (
        "(your|your own) fault",
        "you (should've|should have|shouldn't have|ought to have)",
        "you (never|always|obviously|clearly) (did|didn't|read|listen*|pay|come|fail*|complain*|forget|miss)",
        "you (failed|messed up)",
        "you didn't (even)? (try|bother|listen|read|study|care|start)",
        "(why|how) (didn't|don't|can't|couldn't) you (just|even|ever|simply)",
        "(i'll|i will|i'm going to|or i'll|or) (report|fail|throw|kick|fail) you",
        "(i|we) (already)? (told|explained|said) (you|this|that|it) (already|before|twice|a hundred|many)?",
        "you people",
        "that's on you",
    ),
    "gives-answer": (
        "(the|your) (answer|solution|correct answer) (is|should be|would be)",
        "here (is|are|you have|comes) (the|your|a) (answer|solution|code|full|complete|finished|corrected)",
        "here's (the|your|a) (answer|solution|code|full|complete|finished|corrected)",
        "(just|simply) (write|use|put|type|copy|paste|change|replace|add|say|do this|hand in|submit)",
        "(you just|you simply|all you) (have to|need to|need|must)",
        "(i'll|i will|let me) (write|do|solve|finish) (it|this|that|the essay|the code) (for you|quickly|myself)",
    ),
    "lecture": (
        "(as|like) (i|we) (said|explained|told)",
        "(listen|look) (to me|here|carefully)",
        "(let me|i'll|i will) (explain|tell you) (how|what|why|everything|this once|once)",
        "(the) (definition|theory|concept) of ... (is|states|says)",
        "you (must|need to|have to|should) (understand|know|learn|realize|realise|accept|listen) that",
        "when i was ... (student|age|young|your)",
    ),
    "off-topic": (
        "(as an ai|language model|system prompt|your instructions|prompt injection|chatgpt)",
        "(ignore|disregard|forget) ... instruction*",
        "(weather|football|movie|pizza|netflix) ... (today|tonight|like|watch|favorite|favourite)",
    ),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A message as rules see it. `moves` maps each move to the sentences that make it, verbatim."""

    text: str
    words: int
    sentences: tuple[str, ...]
    question: bool
    moves: Mapping[str, tuple[str, ...]]


def words(text: str) -> int:
    """How many words a text has."""
    return len(text.split())


@lru_cache(maxsize=READINGS_MAX)
def read(text: str) -> Reading:
    """The reading of a message; of a very long one, of its beginning."""
    text = text[:TEXT_CHARACTERS_MAX]
    parts = tuple(sentences(text))
    moves: dict[str, tuple[str, ...]] = {}
    for part in parts:
        for move in _moves_of(part):
            moves[move] = (*moves.get(move, ()), part)
    asked = any(_asks(part) for part in parts)
    if words(text) >= LECTURE_WORDS and not asked:
        moves.setdefault("lecture", (max(parts, key=len),))
    if "```" in text and "gives-answer" not in moves:
        moves["gives-answer"] = (next(part for part in parts if "```" in part),)
    return Reading(text=plain(text), words=words(text), sentences=parts, question=asked, moves=moves)


def _moves_of(sentence: str) -> list[str]:
    text = plain(sentence)
    moves = [name for name, phrases in PHRASES.items() if found(phrases, text)]
    if "insult" in moves and found(_NEGATED, text):
        moves.remove("insult")
    if _asks(sentence):
        moves.append("open-question" if _is_open(text) else "closed-question")
    elif "asks-tried" in moves or found(_TELL_ME, text):
        moves.append("open-question")
    return moves


def _asks(sentence: str) -> bool:
    """Whether a sentence is a question; in a chat many people leave the question mark out."""
    return "?" in sentence or (sentence[-1] not in ".!" and plain(sentence).startswith(_OPENERS_SURE))


def _is_open(text: str) -> bool:
    parts = text.replace(";", ",").replace(":", ",").replace(" - ", ",").split(",")
    clauses = (part.strip(" \"'(-") for part in parts)
    openers = ("and ", "so ", "but ", "ok ", "okay ", "then ", "well ")
    for clause in clauses:
        start = next((clause.removeprefix(opener) for opener in openers if clause.startswith(opener)), clause)
        if start.startswith(_OPENERS):
            return True
    return found(_REQUESTS, text)
