"""The laboratory's search and log tools for other programs, over the Model Context Protocol.

`parlour mcp serve --user NAME` speaks it on standard input and output, the route `/mcp` over HTTP to
who presents a token of Parlour. The same flows run as for the assistant, with the account's rights;
what would need to ask a person is not offered. The SDK is imported when it is first needed.
Read next: `offering.py`, then `driving.py`.
"""
