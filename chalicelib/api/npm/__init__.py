"""The npm protocol, below `/npm/`."""
