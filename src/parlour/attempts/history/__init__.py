"""What was done, later: finding words in it, putting it away, deleting it.

Every statement asks for the read right itself (`attempts.store.readable`): nothing is read first
and sorted out afterwards. `search` finds, `archive` puts away and takes back, `removal` deletes.
Where to read next: `attempts.listing` for the list, `attempts.exports` for files.
"""
