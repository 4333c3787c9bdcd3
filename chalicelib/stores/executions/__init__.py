"""Executions over a store: jobs, their runs, checkpoints and events, made safe for many workers at once.

The first eleven operations are Perstack's storage interface. The others are what a pipeline needs beside: pages of
jobs and events, numbered events that an overtaken worker cannot write, and leases.

    checkpoints   store_checkpoint  retrieve_checkpoint  get_checkpoints_by_job_id
    events        store_event  get_events_by_run  get_event_contents           append_event  page_events
    jobs          store_job  retrieve_job  get_all_jobs                        page_jobs  index_jobs
    runs          store_run_setting  get_all_runs                              claim_run  renew_run  release_run

Every operation that reads raises UnreadableRecords when a record is none, after reading all the others and with what it
would have answered. Every operation that is given an id raises InvalidExecutionId for one that can be none.
"""

from chalicelib.stores.executions.checkpoints import Checkpoints
from chalicelib.stores.executions.leases import Leases
from chalicelib.stores.executions.listing import JobPage, Listing
from chalicelib.stores.executions.runs import Runs

__all__ = ["Executions", "JobPage"]


class Executions(Checkpoints, Listing, Runs, Leases):
    """All that is known of the executions of a registry."""
