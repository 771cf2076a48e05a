"""Where the bytes of files are: blobs, named by the SHA-256 of what they hold.

Promises: a blob is there whole or not at all, also after a crash; a blob never changes.
Read next: `folder.py` (blobs in a folder); `files.ports` says what the rest of the code asks for.
"""
