"""What our own tools tell models, in Chinese: their outcomes are English sentences (lab protocol 7.5, 8.1).

What is not known here stays as it is: it is a name, a number, or text of others.
"""

import re

_SENTENCES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), chinese)
    for pattern, chinese in (
        (r"The experiment (.+) was created\.", r"实验“\1”已创建。"),
        (r"(.+) is the current experiment until (.+)\.", r"当前实验是“\1”，直到 \2。"),
        (r"The entry was added to the log of (.+)\.", r"已写入实验“\1”的记录。"),
        (r"(.+) was added to the recent papers\.", r"“\1”已加入您的文献。"),
        (r"(.+) is among the recent papers already; nothing was added\.", r"“\1”已在您的文献中，没有重复添加。"),
        (r"There are no experiments\.", "您还没有实验。"),
        (r"There are no recent papers\.", "您还没有文献。"),
        (r"Nothing was found\.", "没有找到任何内容。"),
        (r"arXiv has nothing for this\.", "arXiv 上没有找到相关论文。"),
        (r"Found on arXiv, nothing was downloaded:", "在 arXiv 上找到，没有下载："),
        (r"Added to the recent papers: (.+)", r"已加入您的文献：\1"),
        (r"Not downloaded: (.+)", r"没有下载：\1"),
        (r"Experts of (.+): (.+)\.", r"\1 的专家：\2。"),
        (r"- (.+) \(current until (.+?)\)(.*)", r"- \1（当前实验，直到 \2）\3"),
        (r"Refused by the person\. Nothing was done\.", "您没有同意，什么也没有做。"),
        (r"Refused by the person\. Nothing was done\. They said: (.*)", r"您没有同意，什么也没有做。您说：\1"),
        (r"The laboratory's policy denies this\. Nothing was done\.", "实验室的规定不允许，什么也没有做。"),
        (r"Nobody answered in time, so it was not done\.", "没有人及时回答，所以没有执行。"),
        (r"no such (?:file|paper)", "没有这样的文件或文献"),
        (r"no such experiment", "没有这样的实验"),
        (r"no such instrument", "没有这样的仪器"),
        (r"The external server (\S+) is not connected; nothing was done\.", r"外部服务器 \1 未连接，什么也没有做。"),
        (r"arXiv could not be reached\.", "无法访问 arXiv。"),
    )
)


def in_chinese(text: str) -> str:
    """The text with every line that is a sentence of our tools in Chinese."""
    return "\n".join(_line(line) for line in text.split("\n"))


def _line(line: str) -> str:
    for pattern, chinese in _SENTENCES:
        found = pattern.fullmatch(line.strip())
        if found:
            return found.expand(chinese)
    return line
