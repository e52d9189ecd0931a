"""A class for each contract: read it, act on it, sign for it."""
