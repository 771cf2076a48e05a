"""What the server says when a turn ends or a message cannot be taken (lab protocol 4.7, 5.1, 10.2)."""

EN = {
    "speech_unavailable": "This server cannot speak, so here is the text.",
    "not_heard_speech_recognition_unavailable": "I could not listen to your recording: this server cannot understand"
    " speech at the moment. Please type your message instead.",
    "not_heard_speech_not_recognised": "I heard no words in your recording. Please say it again, or type your message.",
    "not_heard_speech_format_unsupported": "I could not open your recording: this server cannot read this format. Send"
    " a WAV file, or type your message.",
    "not_heard_file_unreadable": "Your recording could not be read: the file may be damaged. Please record it again, or"
    " type your message.",
    "cancelled_queued": "This message was waiting, and was dropped as you asked.",
    "refused": "Your message was not accepted: {why}.",
}
ZH = {
    "speech_unavailable": "此服务器无法朗读，以下是文字。",
    "not_heard_speech_recognition_unavailable": "我无法听取您的录音：此服务器目前不能识别语音。请改为输入文字。",
    "not_heard_speech_not_recognised": "我在您的录音中没有听到内容。请再说一遍，或改用文字。",
    "not_heard_speech_format_unsupported": "我无法打开您的录音：此服务器不能读取这种格式。"
    "请发送 WAV 文件，或改用文字。",
    "not_heard_file_unreadable": "无法读取您的录音：文件可能已损坏。请重新录音，或改用文字。",
    "cancelled_queued": "这条消息在排队中，已按您的要求取消。",
    "refused": "您的消息未被接受：{why}。",
}
