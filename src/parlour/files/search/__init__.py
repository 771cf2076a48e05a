"""Full-text search over pages, notes, log entries, messages and instruments (lab protocol 9.4).

Promises: what an account may not read is left out by the query itself; both stores find the same
passages in the same order; a quote stands word for word in the stored text.
Read next: `tokens.py` (what a word is), `index.py` (putting text in), `finding.py` (getting it out).
"""
