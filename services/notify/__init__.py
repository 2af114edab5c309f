"""Messages to citizens about what happened, in their own language. See README.md."""
