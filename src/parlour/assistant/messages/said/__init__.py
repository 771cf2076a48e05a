"""The rows of what was said, with the files and references as they are when they are read (lab protocol 4.3).

Promise: what is not there any more, or may not be read by its account, is in no message.
Only `assistant/messages` comes here. Read next: `store.py`; for others there is `messages/reading.py`.
"""
