"""What the embedded model says (lab protocol 7.5)."""

EN = {
    "hello": (
        "Hello. Ask me about your files, the laboratory's papers, experiment logs or instruments, "
        'or say "what can you do".'
    ),
    "thanks": "You are welcome.",
    "help": (
        "I look things up and quote what I find, with its source: in your uploaded files, in your own and the "
        "laboratory's papers, in experiment logs and in the documents of instruments. I also do these things and ask "
        "you before anything is changed:\n"
        '- "create experiment", "set current experiment", "record: ...", "list my experiments"\n'
        '- "add this paper to my papers", "summarise ...", "list my papers", "search arxiv for ..."\n'
        '- "how to use ...", "who is the expert for ...", "what did I say about ..."\n'
        '- "run <server> <tool> key=value ..." for a connected instrument'
    ),
    "will_call": "The message asks for this, so I will use the tool {tool}.",
    "will_search": "I will look for this in what I may read: {places}.",
    "place.file_search": "the uploaded file",
    "place.recent_paper_search": "your papers",
    "place.shared_paper_search": "the laboratory's papers",
    "place.experiment_log_search": "experiment logs",
    "place.instrument_search": "instruments",
    "place.chat_history_search": "our earlier conversations",
    "comma": ", ",
    "found": "This is what I found:",
    "nothing": "I found nothing about this in {places}.",
    "nothing_at_all": "I found nothing about this.",
    "cannot_search": "I have nothing that I could search for an answer, so I cannot say.",
    "nothing_yet": "I stopped before anything was looked up, so I have no answer.",
    "quote": "“{quote}” ({source}) [{n}]",
    "page": "page {page}",
    "holder": "held by {holder}",
    "experts": "experts: {experts}",
    "no_text": "The file {name} has no text that I can read.",
    "not_read": "The file {name} could not be read.",
    "inert": "The file {name} is kept, but I cannot read files of this type.",
    "got_file": "I have the file {name}. Ask me something about it, or say: add this file to my papers.",
    "missing": "For this I need to know: {items}. Please write it in one message.",
    "need_file": "Please send the file together with this request.",
    "not_offered": "The tool {tool} is not there now, so I did nothing.",
    "no_arxiv": "arXiv is switched off here or cannot be reached now, so nothing was searched or downloaded.",
    "more_failed": "A part of the search failed: {why}",
    "done": "Done.",
    "refused": "Not done: {tool}. {why}",
    "abandoned": "You gave this up, so nothing was done: {tool}.",
    "failed": "This did not work: {why}",
    "unknown": "It is not known whether {tool} took effect. Please check before it is tried again. {why}",
    "empty": "Nothing was found.",
}
ZH = {
    "hello": "您好。您可以问我关于您的文件、实验室文献、实验记录或仪器的问题，也可以说“你能做什么”。",
    "thanks": "不客气。",
    "help": (
        "我会查找并逐字引用所找到的内容，注明来源：您上传的文件、您自己的和实验室的文献、实验记录以及仪器文档。"
        "我还可以做下面的事，任何改动之前都会先问您：\n"
        "- “新建实验”、“设置当前实验”、“记录：……”、“列出我的实验”\n"
        "- “把这篇论文加入我的文献”、“总结……”、“列出我的文献”、“在 arxiv 上搜索……”\n"
        "- “……怎么用”、“……找谁”、“我之前说过……”\n"
        "- “执行 <server> <tool> key=value ……”，用于已连接的仪器"
    ),
    "will_call": "消息要求这样做，所以我将使用工具 {tool}。",
    "will_search": "我将在可以读取的内容中查找：{places}。",
    "place.file_search": "上传的文件",
    "place.recent_paper_search": "您的文献",
    "place.shared_paper_search": "实验室文献",
    "place.experiment_log_search": "实验记录",
    "place.instrument_search": "仪器",
    "place.chat_history_search": "我们之前的对话",
    "comma": "、",
    "found": "我找到了以下内容：",
    "nothing": "我在{places}中没有找到相关内容。",
    "nothing_at_all": "我没有找到相关内容。",
    "cannot_search": "我没有可以查找的内容，所以无法回答。",
    "nothing_yet": "还没有查找任何内容就停止了，所以没有答案。",
    "quote": "“{quote}”（{source}）[{n}]",
    "page": "第 {page} 页",
    "holder": "持有人：{holder}",
    "experts": "专家：{experts}",
    "no_text": "文件 {name} 中没有可读取的文字。",
    "not_read": "文件 {name} 无法读取。",
    "inert": "文件 {name} 已保存，但我无法读取这种类型的文件。",
    "got_file": "我已收到文件 {name}。您可以就它提问，或者说：把这个文件加入我的文献。",
    "missing": "为此我需要知道：{items}。请在一条消息中写明。",
    "need_file": "请把文件和这个请求一起发送。",
    "not_offered": "工具 {tool} 现在不可用，所以什么也没有做。",
    "no_arxiv": "arXiv 在这里已关闭或目前无法访问，所以没有搜索或下载任何内容。",
    "more_failed": "部分查找失败：{why}",
    "done": "已完成。",
    "refused": "没有执行：{tool}。{why}",
    "abandoned": "您已放弃，所以什么也没有做：{tool}。",
    "failed": "没有成功：{why}",
    "unknown": "不清楚 {tool} 是否已生效，请先核实再重试。{why}",
    "empty": "没有找到任何内容。",
}
