"""What people sign for each contract: its EIP-712 messages."""
