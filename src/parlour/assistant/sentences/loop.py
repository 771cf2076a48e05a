"""What the loop asks and names while a turn runs (lab protocol 6.3, 7.1)."""

EN = {
    "thinking": "Thinking",
    "answering": "I answer now.",
    "calling": "I use {tools}.",
    "speaking": "Speaking",
    "listening": "Listening",
    "heard_in_part": "I listened only to the first {seconds} seconds of your recording.",
}
ZH = {
    "thinking": "思考",
    "answering": "我现在回答。",
    "calling": "我要使用{tools}。",
    "speaking": "朗读",
    "listening": "聆听",
    "heard_in_part": "我只听取了您录音的前 {seconds} 秒。",
}
