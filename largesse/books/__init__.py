"""The books of each contract, rebuilt from its logs alone."""
