"""How one process hears that another has committed. In-process commits need none."""
