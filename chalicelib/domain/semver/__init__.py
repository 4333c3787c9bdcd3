"""Semver 2.0.0 versions and npm's ranges over them, exact against npm's own `semver` package."""
