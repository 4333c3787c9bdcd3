"""Uploads as values: their ids, what is written of them, what they may measure, and what can go wrong."""
