"""What common items are called. A person may name an item by its label in either language."""

EN = {
    "experiment_name": "Name",
    "experiment_description": "Description",
    "experiment_duration": "Duration",
    "experiment": "Experiment",
    "visibility": "Visibility",
    "file": "File",
    "query": "Query",
    "paper": "Paper",
    "text": "Text",
}
ZH = {
    "experiment_name": "名称",
    "experiment_description": "描述",
    "experiment_duration": "时长",
    "experiment": "实验",
    "visibility": "可见范围",
    "file": "文件",
    "query": "查询",
    "paper": "论文",
    "text": "文字",
}
