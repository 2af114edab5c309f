"""e-Office: files, and the one desk that each is on. See README.md."""
