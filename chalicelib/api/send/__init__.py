"""Buckets for people and programs: the routes of both, and what they have in common."""
