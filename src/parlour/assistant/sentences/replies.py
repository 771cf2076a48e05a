"""What the server says when a turn ends or a message cannot be taken (lab protocol 4.7, 5.1, 10.2)."""

EN = {
    "speech_unavailable": "This server cannot speak, so here is the text.",
    "speech_recognition_unavailable": "This server cannot understand speech. Please type your message.",
    "not_heard": "I could not listen to your recording: this server has no speech recognition. Please type your"
    " message instead.",
    "cancelled_queued": "This message was waiting, and was dropped as you asked.",
    "refused": "Your message was not accepted: {why}.",
}
ZH = {
    "speech_unavailable": "此服务器无法朗读，以下是文字。",
    "speech_recognition_unavailable": "此服务器无法识别语音，请输入文字。",
    "not_heard": "我无法听取您的录音：此服务器没有语音识别功能。请改为输入文字。",
    "cancelled_queued": "这条消息在排队中，已按您的要求取消。",
    "refused": "您的消息未被接受：{why}。",
}
