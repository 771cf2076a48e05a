"""What learners say in the tests: a helpful conversation for every dialogue of the sample pack, and a bad one."""

HELPFUL: dict[str, list[str]] = {
    "maya-recursion": [
        "Hi Maya, good to see you. What have you tried so far?",
        "That sounds frustrating. Where exactly do you lose the thread?",
        "Your line is a good start. What do you think happens for the smallest numbers, say fact of 3, on paper?",
        "What do you notice there? When would it stop?",
        "You have already got the important part. Which number could it answer without asking anyone?",
        "How would you explain that in your own words?",
        "What would the smallest case look like for the list exercise?",
        "Let's agree on a next step: what will you try first tonight?",
        "Great thinking today. Would it help if you come back on Thursday?",
        "Thank you for being so open. See you Thursday!",
    ],
    "viktor-grade": [
        "Hello, come in. I can see you are really upset. What happened?",
        "That sounds frustrating. What does this grade mean for you?",
        "I understand, and it makes sense that you are worried. Which comment do you find most unfair?",
        "Let's look at the criteria together. What do you notice in the conclusion?",
        "Eighteen of twenty for the thesis is great work. What would a reader expect at the end?",
        "If I understand you right, structure is the main point for you. Is that right?",
        "There are two ways: a second marker, or leaving it. Which option would help you most?",
        "What could you write in the request, and when will you do it?",
        "I'll check with the scholarship office by Friday. Shall we meet tomorrow at ten?",
        "Did I get everything right?",
    ],
    "jun-silent": [
        (
            "Hi Jun, thanks for staying. You're not in trouble, take your time. How do you see the "
            "project at the moment?"
        ),
        "I can imagine that is hard. What happened in the second week?",
        "That must feel disappointing. What did you try after that?",
        "If I understand you right, your draft was replaced and you stopped. Is that right?",
        "That is an interesting idea. What would you want to be different?",
        "What do you think is in your draft that the team needs?",
        "It's understandable that you went quiet. How could your part reach them without you having to be quick?",
        "What would be a small next step, and when will you try it?",
        "Let's write that down. I'll follow up on Friday.",
        "Thank you for telling me. What could get in the way?",
    ],
    "helena-booking": [
        "Good morning Mrs Brandt. I'm sorry that you have to call a third time. What happened?",
        "That sounds really worrying. Which course is it, and what is the booking number?",
        (
            "Thank you for telling me. Let me check if I understood: you paid on the second and Lena "
            "is on the waiting list, is that right?"
        ),
        (
            "I'll be honest: the course was full one day before the payment arrived, and we should "
            "have told you. I apologise."
        ),
        "What depends on this date for you and Lena?",
        (
            "There are two options: two places are kept for transfers until Friday, or the parallel "
            "course on 14 July. Which would you prefer?"
        ),
        "What would help you most right now?",
        "I'll send you a mail today by four and keep the place until Friday. Does that work for you?",
        "To sum up: first the seventh, otherwise the fourteenth. Have I missed anything?",
        "My name is Sam Lee. I'll call you on Friday, whatever happens.",
    ],
    "maya-exam": [
        "Hi Maya, that sounds overwhelming. What is the worst part right now?",
        "I understand. When did you last sleep?",
        "Thank you for telling me. What can you already do well?",
        "How many points do you need to pass, and which topics give you those?",
        "That is good work already. What do you think you should start with?",
        "What did you try last week that worked?",
        "It makes sense to be scared. How would you say in your own words what you need?",
        "What will you do first tomorrow, and when do you stop?",
        "Let's agree that you sleep now. I'll be here tomorrow at noon for one question.",
        "What do you take away from this?",
    ],
    "jun-leaving": [
        "Hello Jun, please sit down, we have time. What led you to this?",
        "That sounds lonely. How long have you felt like this?",
        "I can imagine how hard it was to come in. Who else knows about it?",
        "If I understand you right, it is not about marks. Is that right?",
        "What helped you before, when it was better?",
        (
            "There is something between staying and leaving, for example a leave of absence. Would you "
            "like to hear about it?"
        ),
        "What would you want to keep?",
        "It's your decision. What feels possible for you right now?",
        "Let's meet again on Thursday at three. Could you call your sister tonight?",
        "To sum up: the form stays in your bag and we talk on Thursday. Did I get that right?",
    ],
    "jun-team": [
        "Hello Jun. Take your time, I would like to hear both of you. How do you see the project?",
        "It sounds hard to say that here. What would have helped you in the second week?",
        "That must feel disappointing. What did you do after that?",
        "If I understand you right, your pages were replaced and nobody asked. Is that right?",
        "Thank you for saying that in front of Ben. What would you want to write?",
        "That is a good idea. What do you need so that it can grow?",
        "I can see why a day matters. What could get in the way?",
        "What do you think Ben needs from you?",
        "What could be a first small step, and when will you try it?",
        "Great work today. To sum up: is there anything that we have missed?",
    ],
    "ben-team": [
        "Hello Ben. You have put in a lot of work. What worries you about the ten days?",
        "That sounds exhausting. What happened last year?",
        "I understand. How do you think your comment in week two arrived for Jun?",
        "Good point. If I understand you right, you were afraid of an empty page. Is that right?",
        "What would you need to let a chapter go?",
        "That's a valid point. What could get in the way?",
        "It makes sense that you want to see something early. Which part belongs to Jun?",
        "What do you notice when you look at the table now?",
        "Let's agree on a first step: what could you both do by Thursday?",
        "Great job, Ben. What will you do if you get nervous?",
    ],
}

HARMFUL: list[str] = [
    "This is easy, calm down.",
    "You should have listened in the lecture.",
    "The answer is simple, just write return 1 if n is 0.",
    "Don't be so dramatic, everyone else gets it.",
    "Are you stupid?",
    "As I said, you have to understand that the definition of recursion is clear.",
    "That's not my problem.",
    "Just do it and stop whining.",
    "You never listen.",
    "Whatever. Bye.",
]
