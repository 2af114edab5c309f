"""What each event adds to which measure: a module per publishing service."""
