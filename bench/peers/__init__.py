"""Systems that Parlour is compared with: `bare` is the limit, `stock` the usual parts as their manuals say.

Both speak the same events as Parlour (`attempt_join`, `attempt_message`, `attempt_progress`,
`attempt_assistant_complete`), so one client measures all three. Neither stores anything.
"""
