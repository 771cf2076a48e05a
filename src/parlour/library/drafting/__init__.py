"""What people do to the draft of an artifact: begin it, change it, share it, have it looked at, publish it.

Promises: a draft that is not the caller's is not there; every write raises its version, and one for an outdated
version changes nothing and answers with the draft as it is, so that two editors never lose what the other wrote;
every field says who made it; nobody borrows a co-writer's rights (`vouching`). Start with `holding` (who may do what),
then `changing` and `sheet` (what a change does).
"""
