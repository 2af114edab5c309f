"""Property tax: what is billed, what is paid. See README.md."""
