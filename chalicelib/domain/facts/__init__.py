"""What is read out of a package.json and a list of files: licence, needs, origin, maturity, directories."""
