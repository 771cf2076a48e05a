"""What the loop asks and names while a turn runs (lab protocol 6.3, 7.1)."""

EN = {
    "thinking": "Thinking",
    "answering": "I answer now.",
    "calling": "I use {tools}.",
}
ZH = {
    "thinking": "思考",
    "answering": "我现在回答。",
    "calling": "我要使用{tools}。",
}
