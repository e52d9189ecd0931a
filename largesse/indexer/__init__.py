"""Every event of a deployment, from the chain or from a database that follows it."""
