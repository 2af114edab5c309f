"""What is read of what the portal keeps."""
