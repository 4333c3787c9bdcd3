"""Which file an import loads, on each runtime: pure functions of a package.json's fields and a set of paths.

The runtimes themselves are the authority; what differs between them is data in `profiles`.
"""
