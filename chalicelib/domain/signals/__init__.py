"""What an operator may want to know before trusting a version, as far as its tarball tells."""
