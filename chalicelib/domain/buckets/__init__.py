"""Buckets of files as values: what is written of them, how long they are kept, and what can go wrong."""
