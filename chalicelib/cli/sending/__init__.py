"""Sending files to people: a bucket with a link, and what is needed to take it back."""
