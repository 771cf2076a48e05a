"""Sound files of strangers, decoded by a child process that can do nothing else (lab protocol 10.2).

Promises: WAV needs no decoder; Ogg, WebM, MP3, MP4 and FLAC need PyAV. A file that breaks its decoder, or a limit,
has a reason instead of sound, and costs the server no more memory than the sound that is kept.
Read next: `process.py` (`decode`), `child.py` (what runs apart), `containers.py` (which file is what).
"""
