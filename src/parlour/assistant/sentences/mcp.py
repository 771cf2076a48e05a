"""What is said about external tools (lab protocol 8.3)."""

EN = {"asks": "The external server {server} asks: {message}"}
ZH = {"asks": "外部服务器 {server} 询问：{message}"}
