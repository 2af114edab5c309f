"""The war room: the city's projects, how they stand, and how they stood on any past day."""
