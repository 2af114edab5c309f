"""The chatbot's edge: messages come in, conversations go on one message at a time, replies go out.

``receive`` puts messages into each citizen's queue; ``turns.Bot`` takes a citizen's turn and goes
through it; ``actions`` does what the table of states asks for; ``silence`` does what time brings.
"""
