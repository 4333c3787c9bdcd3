"""Dependency graphs: which versions a set of specs needs and where each one lies, as npm's own tree builder decides.

What it decides from comes through a reader; nothing here knows of storage. The rules are those of npm 11
(`@npmcli/arborist` 9): overrides, workspaces and `acceptDependencies` are not read.
"""
