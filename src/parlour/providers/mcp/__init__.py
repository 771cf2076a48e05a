"""Programs and addresses that offer tools over the Model Context Protocol (lab protocol 8.3).

`McpServers` keeps a connection to every configured server: it never blocks a start, begins again with
growing delay when a server dies, and bounds all that a server sends. What a server says about itself is
data. The SDK is imported only when a server is configured (it costs seconds and memory).
`stage.py` is a server to try with. Read next: `servers.py`, then `connection.py`.
"""
