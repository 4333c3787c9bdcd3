"""What changed between two versions of a package, and whether it breaks who uses it."""
