"""The npm protocol over the registry: what its clients read, and what they ask for."""
