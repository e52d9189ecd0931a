"""Every event of every contract, in the chain's order: from a node, or from a database that follows it."""
