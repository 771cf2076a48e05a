"""Durable background work: a row, claimed with a lease, retried, and never lost.

Promises: a job is enqueued in the transaction that needs it (`tx.enqueue`); its step is done at
least once, its outcome stored exactly once (`Job.finish` in the transaction of the outcome); after
five failed claims it is *stuck*, with its reason, and whoever waits for it is told.
Read next: `queue.py` (the rows), `worker.py` (who does them).
"""
