"""Small changes of the contracts, one at a time, that the tests must notice: `python -m tools.mutants`."""
