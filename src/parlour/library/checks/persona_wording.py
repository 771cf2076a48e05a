"""What instructions of a persona say, in English, German and Chinese. Pure; other languages are left alone."""

import re
from collections.abc import Sequence

SENTENCE = re.compile(r"(?<=[.!?\u3002\uff01\uff1f])\s*|\n+")
NEGATED = re.compile(
    r"\b(never|not|n't|without|no|nor|refuse|avoid|neither|cannot|nie|niemals|nicht|kein\w*|ohne|weder|statt|"
    r"instead of|"
    r"rather than)\b|n't\b|n\u2019t\b|不|别|勿|没|无|拒绝",
    re.IGNORECASE,
)
CONDITION = re.compile(
    r"\b(if|when|once|unless|until|wenn|falls|sobald|bis|only)\b|如果|当|除非|直到|只有", re.IGNORECASE
)
_LEARNER = (
    r"(?:the |your |den |dem |der |die )?"
    r"(?:learners?|students?|users?|trainees?|tutors?|participants?|other person|lernenden?|nutzer\w*|studierenden?|"
    r"schüler\w*)"
)
LOST = re.compile(
    rf"^\s*(?:if|when|once|as soon as|wenn|falls|sobald) {_LEARNER}\b[^,;]*"
    r"(?:\bnot\b|n't\b|n\u2019t\b|stuck|struggl|quiet|silent|wrong|confus|\bnicht\b|still|verwirrt)[^,;]*[,;]"
    r"|^\s*(?:如果|当)(?:学员|学生|学习者|用户)[^，,]*(?:不|沉默|错)[^，,]*[，,]",
    re.IGNORECASE,
)
"""That the learner is lost is no condition for which the learner does anything."""
MACHINE = re.compile(
    r"\b(?:you are|you're|act as|behave (?:as|like)|as) (?:an? |the )?(?:very |really )?"
    r"(?:(?:helpful|friendly|virtual|digital|ai|smart|knowledgeable) )*"
    r"(?:ai\b|assistant\b(?! (?:manager|professor|director|principal|head|nurse|teacher|editor|cook|coach|"
    r"to\b|in\b|at\b|of\b))"
    r"|(?:large )?language model|chatbot|chat bot|bot\b|(?:chat)?gpt)"
    r"|\b(?:du bist|sie sind|als) (?:ein\w* )?(?:\w+e[rsn]? )?(?:ki\b|sprachmodell|chatbot|assistenzsystem|ki-\w+)"
    r"|你是(?:一个|一名|一位)?(?:\w{0,4})?(?:人工智能|AI|语言模型|聊天机器人|智能助手|虚拟助手)|作为(?:一个)?(?:人工智能|AI|语言模型)",
    re.IGNORECASE,
)
SOLVES = re.compile(
    rf"\b(?:give|tell|show|provide|offer|hand|reveal|explain|present)s?(?: {_LEARNER})?(?: to)?(?: {_LEARNER})?"
    r" (?:the |a |all |full |complete |correct |right |whole |detailed |immediately )*"
    r"(?:answers?|solutions?|(?:correct|right) (?:approach|procedure|steps|way))\b"
    rf"|\b(?:teach|tutor|instruct) {_LEARNER}\b"
    rf"|\b(?:help|assist|guide|support) {_LEARNER} (?:to )?"
    r"(?:solve|answer|find|reach|complete|understand|through|with)\b"
    rf"|\b(?:solve|fix) (?:the |this |every |any |your )?(?:problem|task|exercise|matter|issue|conflict)s?"
    rf" (?:yourself|for {_LEARNER}|right away|immediately|on your own|at once)\b"
    r"|\b(?:verrate|gib|nenne|erkläre|sage?)\b[^.!?]{0,40}\b(?:lösung|antwort)(?:en)?\b"
    r"|\bhilf (?:den|dem|der|deinem|deiner) \w+[^.!?]{0,40}\b(?:lösen|verstehen|finden)\b"
    r"|(?:告诉|给出|提供|直接说出|讲解)[^。！？]{0,12}(?:答案|解决方案|解法)|帮助(?:学员|学生|学习者|用户)[^。！？]{0,8}(?:解决|理解|找到)",
    re.IGNORECASE,
)
COACHES = re.compile(
    rf"\b(?:give|offer|provide|write)s? (?:{_LEARNER} )?(?:(?:detailed|constructive|regular|brief|short|some|honest|"
    r"helpful|a|an|points and) )*(?:feedback|tips|hints|advice on (?:how|their)|a grade|a score|marks|points)\b[^.!?]*"
    rf"|\b(?:grade|score|rate|assess|evaluate|coach|praise and correct) {_LEARNER}\b"
    rf"|\b(?:grade|score|rate|assess|evaluate) (?:each|every|their|his|her) (?:message|answer|reply|performance)s?\b"
    r"|\b(?:gib|geben sie) [^.!?]{0,30}\b(?:feedback|rückmeldung|tipps|punkte|eine note)\b"
    r"|\b(?:bewerte|benote|coache) (?:den|die|das|jede)\b"
    r"|(?:给|为)(?:学员|学生|学习者|用户)[^。！？]{0,8}(?:反馈|打分|评分|建议)|评价(?:学员|学生|学习者|用户)",
    re.IGNORECASE,
)
STEREOTYPE = re.compile(
    r"\b(?:like|as|because) (?:all|most|every) (?:women|men|girls|boys|muslims?|jews?|christians?|blacks?|"
    r"whites?|asians?|"
    r"arabs?|turks?|gypsies|foreigners?|immigrants?|refugees?|old people|gays?|poor people)\b"
    r"|\btypical(?:ly)? (?:of |for )?(?:women|woman|female|muslims?|jew\w*|asians?|arabs?|foreigners?|"
    r"immigrants?|gays?)\b"
    r"|\bwie (?:alle|die meisten) (?:frauen|männer|ausländer|muslime|juden|asiaten|araber|türken|flüchtlinge)\b"
    r"|\btypisch (?:frau|mann|ausländer|muslim)\b|像所有(?:女人|男人|外地人|外国人|黑人)",
    re.IGNORECASE,
)
ASSISTANT_TALK = re.compile(
    r"\bas an? (?:ai|language model|assistant)\b|\bi(?:'|\u2019)?a?m an? (?:ai|language model|virtual assistant)\b"
    r"|\bhow (?:can|may) i (?:help|assist) you(?: today)?\b|\bals (?:ki|sprachmodell)\b"
    r"|作为(?:一个)?(?:人工智能|AI|语言模型)",
    re.IGNORECASE,
)
YOU_ARE = re.compile(
    r"(?:\byou are|\byou're|\bdu bist|\bsie sind|你是|你很|你非常|你)([^.!?;\u3002\uff01\uff1f]*)", re.IGNORECASE
)
ASIDE = re.compile(
    r"\b(?:when|if|but|until|unless|once|after|before|only|sometimes|at first|later|with|to somebody|who|under|inside|"
    r"outside|wenn|aber|bis|sobald|zuerst|anfangs|später|nur|manchmal|als|während|obwohl|although|though|while|yet)\b"
    r"|如果|但|当|直到|有时|表面|内心",
    re.IGNORECASE,
)
OPPOSITES: Sequence[tuple[tuple[str, ...], tuple[str, ...]]] = (
    (("shy", "introverted", "timid", "schüchtern", "害羞", "内向"),
     ("outgoing", "extroverted", "gregarious", "kontaktfreudig", "extrovertiert", "外向")),
    (("quiet", "taciturn", "laconic", "wortkarg", "still", "寡言"),
     ("talkative", "chatty", "loud", "gesprächig", "redselig", "laut", "健谈", "话多")),
    (("calm", "relaxed", "ruhig", "gelassen", "冷静"),
     ("furious", "hysterical", "panicking", "wütend", "aufgebracht", "panisch", "暴躁", "愤怒")),
    (("patient", "geduldig", "耐心"), ("impatient", "ungeduldig", "急躁")),
    (("polite", "höflich", "有礼貌"), ("rude", "insolent", "unhöflich", "frech", "粗鲁")),
    (("honest", "truthful", "ehrlich", "诚实"), ("dishonest", "deceitful", "unehrlich", "verlogen", "不诚实")),
    (("confident", "self-assured", "selbstbewusst", "自信"), ("insecure", "unsicher", "自卑")),
    (("optimistic", "optimistisch", "乐观"), ("pessimistic", "pessimistisch", "悲观")),
)  # fmt: skip
BRIEF = re.compile(
    r"\b(?:one|two|1|2)(?: (?:to|or)|-|\u2013)? ?(?:two|three|four|2|3|4)? (?:short )?sentences?\b"
    r"|\bvery few words\b|\b(?:answer|reply|speak|respond|talk)s? (?:only |always |very )*(?:briefly|in short|curtly)\b"
    r"|\bantworte\w* (?:immer |nur |sehr )*(?:kurz|knapp)\b|只(?:用|说)一[两二]?(?:句|、)",
    re.IGNORECASE,
)
LENGTHY = re.compile(
    r"\b(?:answer|reply|speak|respond|talk|write)s? (?:only |always |very |in |with )*"
    r"(?:at length|long(?:,| and)? detailed|"
    r"detailed paragraphs|long paragraphs|in (?:great|full) detail|extensively)\b"
    r"|\bat least (?:\d{3,}|two hundred|a hundred) words\b|\bseveral paragraphs\b"
    r"|\bantworte\w* (?:immer |stets |sehr )*(?:ausführlich|lang)\b|\bmindestens \d{3,} wörter\b"
    r"|至少\d{3,}字|详细(?:长篇|回答)",
    re.IGNORECASE,
)
CALLED = re.compile(
    r"\b(?:You are|You're|Your name is|Du bist|Du heißt|Sie sind|Sie heißen) "
    r"(?:Dr\. |Mr\.? |Mrs\.? |Ms\.? |Prof\. |Frau |Herr )?([A-ZÄÖÜ][\w'\u2019-]+ [A-ZÄÖÜ][\w'\u2019-]+)"
    r"(?=,? (?:\d{1,2}\b|aged)|, an? )"
)
NAMED = re.compile(r"\b(?:Your name is|Du heißt|Sie heißen) ([A-ZÄÖÜ][\w'\u2019-]+(?: [A-ZÄÖÜ][\w'\u2019-]+)?)")
