"""What the assistant can do (lab protocol 8): one file for each group of tools.

`ports.py` says what a tool is. A tool acts with the rights of the turn's account and has no other;
whether it must ask first is decided and enforced by the loop, not by the tool or the model.
"""
