"""Trainings: which simulation which cohorts practise, from when to when, with which versions (Glow 1.2).

`access` says whose a training is, `actions` makes and changes one, of the `templates` of its chats; `reading` shows it.
`adopting` brings newer versions into the trainings that play something. `cohorts` is the people who train; `settling`
gives a cohort that was published its trainings.
"""
