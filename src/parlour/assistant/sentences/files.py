"""Why the text of a file could not be read: `files.<reason>` (lab protocol 9.3)."""

EN = {
    "no_text": "The file has no text that could be read; it may be scanned.",
    "none": "The text of this kind of file cannot be read; it is kept as it is.",
    "pending": "The text of the file is still being read.",
    "encrypted": "The file is protected by a password.",
    "broken": "The file is damaged, or it is not what its name says.",
    "pages": "The file has too many pages.",
    "text": "The file has too much text.",
    "inflated": "The file would unpack to too much.",
    "entries": "The file holds too many parts.",
    "time": "Reading the file took too long.",
    "memory": "Reading the file needed too much memory.",
    "died": "Reading the file failed.",
}

ZH = {
    "no_text": "文件中没有可读取的文字，可能是扫描件。",
    "none": "无法读取这类文件的文字，文件会原样保存。",
    "pending": "正在读取文件的文字。",
    "encrypted": "文件有密码保护。",
    "broken": "文件已损坏，或者内容与文件名不符。",
    "pages": "文件的页数太多。",
    "text": "文件的文字太多。",
    "inflated": "文件解压后太大。",
    "entries": "文件包含的部分太多。",
    "time": "读取文件的时间太长。",
    "memory": "读取文件需要的内存太多。",
    "died": "读取文件失败。",
}
