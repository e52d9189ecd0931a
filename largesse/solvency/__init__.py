"""Whether each contract holds what it owes: its books beside its views and the currency's balance."""
