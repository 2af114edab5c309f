"""What a call is made of: the flow that a city writes, and the engine that follows it.

``table`` is the flow as data, checked; ``engine`` goes from state to state and does nothing else;
``hearing`` and ``days`` make sense of what was said; ``drawing`` shows the flow.
"""
