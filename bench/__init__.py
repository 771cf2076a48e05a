"""`python -m bench`: what Parlour costs beside the barest thing that does the same work, and beside stock parts.

Each bench measures every system in one run on one machine, so its ratios hold where its absolute figures
do not. Systems under test are subprocesses that speak `bench.control`; the load comes from `bench.client`.
Peers live in `bench.peers`, Parlour's own entry in `bench.parlour_server`. Read `docs/how-to/benchmarks.md`.
"""
