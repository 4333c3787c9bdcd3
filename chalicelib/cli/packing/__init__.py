"""Packing a folder into a tarball by npm's rules."""
