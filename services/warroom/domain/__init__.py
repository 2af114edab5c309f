"""The rules of the war room, in plain Python."""
