"""The npm protocol: its documents, as they are read from clients and rendered for them."""
