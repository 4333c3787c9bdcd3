"""How Prism gets to an account and away again, from one source of truth; not shipped with the functions.

`.chalice/config.json` says what differs between stages, `stage.py` reads it, and everything else follows: the bucket,
the policies, the packaged CloudFormation and Terraform, and what `chalice deploy` leaves to be finished.
"""
