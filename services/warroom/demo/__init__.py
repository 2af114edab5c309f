"""The demo's city at work: each part tells when it has something to do, and does it then."""
