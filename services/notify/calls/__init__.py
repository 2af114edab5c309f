"""Telephone calls at work: what the provider asks and is answered, voices, calls in the database.

``domain/call`` has the rules; here they meet the world.
"""
