"""What the rule grader says about each move: what was done, why it matters, what to say instead."""

from collections.abc import Mapping

from parlour.kernel.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """`name` as a strength, `better` as the title of an improvement, `did` after "you"."""

    name: str
    better: str
    did: str


NAMES: Mapping[str, Wording] = {
    "open-question": Wording("Open question", "Ask an open question", "asked open questions"),
    "asks-tried": Wording("Starting from their attempt", "Ask what was tried", "asked what had been tried"),
    "empathy": Wording("Acknowledging the feeling", "Name the feeling first", "acknowledged how it feels"),
    "praise": Wording("Specific appreciation", "Say what already works", "said what already works"),
    "guides": Wording("Guiding question", "Guide with a question", "guided with questions"),
    "checks-understanding": Wording("Checking understanding", "Check understanding", "checked understanding"),
    "next-step": Wording("A concrete next step", "Agree on a next step", "moved towards a next step"),
    "apology": Wording("Taking responsibility", "Apologise where it is due", "took responsibility"),
    "insult": Wording("Directness", "Keep it respectful", "used words that hurt"),
    "dismissive": Wording("Brevity", "Take the concern seriously", "brushed the concern aside"),
    "blame": Wording("Directness", "Look forward, not back", "put blame on the other person"),
    "lecture": Wording("Detail", "Say less, ask more", "lectured"),
    "gives-answer": Wording("Helpfulness", "Let them find it", "gave the answer away"),
    "off-topic": Wording("Small talk", "Stay with the matter", "left the subject"),
}

WHY: Mapping[str, str] = {
    "open-question": "Open questions let the other person tell it in their own order, so you learn what matters.",
    "asks-tried": "Asking what was tried shows where the difficulty really lies and honours the effort already made.",
    "empathy": "People think more clearly once they notice that their feeling has been understood.",
    "praise": "Naming what already works gives the other person ground to stand on.",
    "guides": "A guiding question keeps the thinking with the person who has to learn.",
    "checks-understanding": "Only their own words show whether something has arrived.",
    "next-step": "A small step with a time turns a good talk into something that happens.",
    "apology": "A plain apology for what went wrong takes the heat out and costs nothing.",
    "insult": "Words about the person instead of the matter end the willingness to talk at once.",
    "dismissive": "A worry that is waved away does not go away; it only stops being told to you.",
    "blame": "Blame makes people defend the past instead of working on what comes next.",
    "lecture": "Long explanations leave no room to find out what the other person already understands.",
    "gives-answer": "Whoever is given the answer has a result, and still does not know how to get to one.",
    "off-topic": "Time in a conversation is short; leaving the subject tells the other person that it does not matter.",
}

BETTER: Mapping[str, str] = {
    "open-question": "What is it about this that troubles you most?",
    "asks-tried": "What have you tried so far, and where did it stop making sense?",
    "empathy": "That sounds frustrating, and I can see why it worries you.",
    "praise": "You have already got the first part right, and that is a good start.",
    "guides": "What do you think would happen in the simplest case?",
    "checks-understanding": "How would you put that in your own words?",
    "next-step": "What could be one small first step, and when will you try it?",
    "apology": "I am sorry that this happened.",
    "insult": "This is hard, and I would like to understand what makes it hard for you.",
    "dismissive": "I can see that this matters to you. Tell me what worries you about it.",
    "blame": "Let us look at where we are now. What would help you most from here?",
    "lecture": "Before I explain anything: what do you already know about it?",
    "gives-answer": "What would you try first, and what do you expect to see?",
    "off-topic": "Let us come back to what brought you here. What would you like to reach today?",
}
