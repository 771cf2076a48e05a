"""What a poll is told while there is nothing to show, and reasons of lab protocol 4.7 that come with replies."""

EN = {
    "wait": "One moment, please.",
    "after_unknown": "There is no message with this id.",
    "internal": "Something went wrong on the server ({request}).",
    "speech_not_recognised": "No words could be heard. Please say it again, or type.",
    "speech_recognition_unavailable": "Speech is not understood here. Please type.",
    "speech_format_unsupported": "This kind of recording cannot be read here. Send a WAV file, or type.",
    "file_unreadable": "The recording could not be read. Please record it again, or type.",
}
ZH = {
    "wait": "请稍候。",
    "after_unknown": "没有这个编号的消息。",
    "internal": "服务器出了问题（{request}）。",
    "speech_not_recognised": "没有听到内容。请再说一遍，或改用文字。",
    "speech_recognition_unavailable": "这里不能识别语音。请改用文字。",
    "speech_format_unsupported": "这种录音格式无法读取。请发送 WAV 文件，或改用文字。",
    "file_unreadable": "无法读取这段录音。请重新录音，或改用文字。",
}
