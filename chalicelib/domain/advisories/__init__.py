"""Security advisories: OSV records, the versions that they affect, and how severe they are."""
