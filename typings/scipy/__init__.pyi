# The seams of scipy 1.17 that Parlour uses.
