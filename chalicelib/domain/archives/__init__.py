"""Archives: many packages or files in one, whose bytes follow from what is in it."""
