"""Papers: recent ones of one member, shared ones of the laboratory (lab protocol 9.5, 14.10).

A paper is a file that could be read, with what is known of it. The same content is kept once for each
holder. Its passages are the chunks of its file. A DOI is compared without prefix and without case.
Read next: `entities.py`, `actions.py`; `about.py` finds title, DOI and authors; `summary.py` sums up.
"""
