"""The rows of what was said, with the files and references as they are when they are read (lab protocol 4.3).

Only `assistant/messages` comes here: what others may know is in its `reading.py`.
"""
