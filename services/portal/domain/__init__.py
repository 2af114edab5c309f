"""The rules of accounts: plain Python, without a clock, a database or a web of its own."""
