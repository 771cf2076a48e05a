"""What is said about arXiv (lab protocol 8.2, 17.9)."""

EN = {
    "search": "Search arXiv",
    "download": "Download papers from arXiv",
    "choose": (
        "I found {count} papers on arXiv; they are listed with the question. Which shall I download? "
        "Write their numbers, or none."
    ),
    "candidate": "{number}. {title}\n   {authors}{year}\n   {abstract}",
}
ZH = {
    "search": "搜索 arXiv",
    "download": "从 arXiv 下载论文",
    "choose": "我在 arXiv 上找到了 {count} 篇论文，列表附在问题后。要下载哪几篇？请写编号，或写“都不要”。",
    "candidate": "{number}. {title}\n   {authors}{year}\n   {abstract}",
}
