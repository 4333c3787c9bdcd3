"""Every object key is made here, in one of two layouts with one interface.

`ObjectKeys` is the layout of buckets and memory, below a configured prefix. `TreeKeys` is the documented tree of the
filesystem driver, where the four objects of a version lie together; everything else has the same keys in both.
Scoped names keep their slash, and nothing is percent-encoded.
"""

import hashlib
from dataclasses import dataclass

from chalicelib.domain.errors import InvalidName
from chalicelib.domain.names import PackageName


@dataclass(frozen=True, slots=True)
class ObjectKeys:
    """Keys below a prefix such as `prism/`; the prefix is empty or ends with a slash."""

    prefix: str = "prism/"

    def manifest(self, name: str, version: str) -> str:
        """The Prism manifest: the claim on a version."""
        return f"{self.prefix}manifests/{name}/{version}.json"

    def metadata(self, name: str, version: str) -> str:
        """The version's metadata."""
        return f"{self.prefix}metadata/{name}/{version}.json"

    def attestation(self, name: str, version: str) -> str:
        """The bundle that came with a version and was accepted."""
        return f"{self.prefix}attestations/{name}/{version}.json"

    def tarball(self, name: str, version: str) -> str:
        """The tarball as received."""
        return f"{self.prefix}tarballs/{name}/{version}.tgz"

    def pack(self, name: str, version: str) -> str:
        """The package's files, each one byte range."""
        return f"{self.prefix}files/{name}/{version}.pack"

    def file(self, name: str, version: str, path: str) -> str:
        """One file as an object of its own."""
        return f"{self.prefix}packages/{name}/{version}/{path}"

    @property
    def heads(self) -> str:
        """The prefix of the heads of all packages."""
        return f"{self.prefix}heads/"

    def head(self, name: str) -> str:
        """The package's head, the only object that is replaced."""
        return f"{self.heads}{name}.json"

    def package_of(self, head: str) -> PackageName | None:
        """Answer the package whose head has a key, or None for a key that no head has."""
        room, suffix = self.heads, ".json"
        if not (head.startswith(room) and head.endswith(suffix)):
            return None
        text = head.removeprefix(room).removesuffix(suffix)
        try:
            name = PackageName.parse(text)
        except InvalidName:
            return None
        return name if name == text else None

    def segment(self, name: str, first: int, last: int) -> str:
        """Events `first` to `last` of a head that grew too long."""
        return f"{self.prefix}segments/{name}/{first:09d}-{last:09d}.json"

    @property
    def staging(self) -> str:
        """The prefix of what has arrived and is not yet published."""
        return f"{self.prefix}staged/"

    def staged(self, sha256: str) -> str:
        """A tarball that has arrived and is not yet published."""
        return f"{self.staging}{sha256}.tgz"

    def staged_pack(self, sha256: str) -> str:
        """The pack that was made of a staged tarball."""
        return f"{self.staging}{sha256}.pack"

    def staged_bundle(self, sha256: str, publisher: str) -> str:
        """The attestation that came with a staged tarball from one publisher, and was accepted."""
        return f"{self.staging}{sha256}-{hashlib.sha256(publisher.encode()).hexdigest()[:8]}.sigstore.json"

    @property
    def incoming(self) -> str:
        """The prefix that clients upload under."""
        return f"{self.prefix}incoming/"

    @property
    def wishes(self) -> str:
        """The prefix of what clients have asked for who send tarballs to the medium themselves; swept."""
        return f"{self.prefix}wishes/"

    def wish(self, wish_id: str) -> str:
        """What one of them has asked for."""
        return f"{self.wishes}{wish_id}.json"

    def verdict(self, upload_id: str) -> str:
        """What became of an object dropped into `incoming`."""
        return f"{self.prefix}verdicts/{upload_id}.json"

    @property
    def index_tail(self) -> str:
        """The prefix of index entries not yet in a snapshot."""
        return f"{self.prefix}index/tail/"

    def index_entries(self, name: str) -> str:
        """The prefix of those of one package, ascending by `seq`."""
        return f"{self.index_tail}{name}/"

    def index_entry(self, name: str, seq: int) -> str:
        """The index entry of a package after its event `seq`."""
        return f"{self.index_entries(name)}{seq:09d}.json"

    @property
    def index_snapshot(self) -> str:
        """The document that names the index's shards."""
        return f"{self.prefix}index/snapshot.json"

    @property
    def index_shards(self) -> str:
        """The prefix of the index's shards."""
        return f"{self.prefix}index/shards/"

    def index_shard(self, digest: str) -> str:
        """One immutable shard of the index, named by its bytes."""
        return f"{self.index_shards}{digest}.json"

    def rendered(self, digest: str) -> str:
        """An answer too large for a function, named by its bytes; derived, and swept."""
        return f"{self.prefix}rendered/{digest}.json"

    @property
    def archives(self) -> str:
        """The prefix of archives, and of what is in them."""
        return f"{self.prefix}archives/"

    def archive(self, archive_id: str, suffix: str) -> str:
        """An archive of packages or files, named by what is in it; derived, and swept."""
        return f"{self.archives}{archive_id}.{suffix}"

    def archive_members(self, archive_id: str) -> str:
        """What is in an archive."""
        return f"{self.archives}{archive_id}.json"

    def packument(self, name: str, form: str) -> str:
        """What npm's clients read of a package, in one of its forms; compressed, and replaced at every change."""
        return f"{self.prefix}npm/{name}/{form}.json.gz"

    def version_text(self, name: str, version: str) -> str:
        """What npm's clients are told of a version, one line a form; written once."""
        return f"{self.prefix}npm/{name}/versions/{version}.jsonl"

    @property
    def tokens(self) -> str:
        """The prefix of token records."""
        return f"{self.prefix}access/tokens/"

    def token(self, token_id: str) -> str:
        """The record of a token, without the token."""
        return f"{self.tokens}{token_id}.json"

    @property
    def publishers(self) -> str:
        """The list of trusted publishers."""
        return f"{self.prefix}access/publishers.json"

    @property
    def signing_keys(self) -> str:
        """The keys that the registry signs versions with."""
        return f"{self.prefix}access/signing/keys.json"

    @property
    def trusted_root(self) -> str:
        """Whom attestations are to be signed by."""
        return f"{self.prefix}access/trusted-root.json"

    @property
    def audit(self) -> str:
        """The prefix of the log of changes to who may do what."""
        return f"{self.prefix}access/audit/"

    def audit_entry(self, place: str) -> str:
        """One entry of that log; the places of newer ones come first."""
        return f"{self.audit}{place}.json"

    def login(self, login_id: str) -> str:
        """The approval of a login that waits for it; swept."""
        return f"{self.prefix}logins/{login_id}.json"

    @property
    def advisories(self) -> str:
        """The prefix of the advisories of each package."""
        return f"{self.prefix}advisories/packages/"

    def package_advisories(self, name: str) -> str:
        """The advisories of a package."""
        return f"{self.advisories}{name}.json"

    @property
    def advisory_names(self) -> str:
        """Which packages have advisories."""
        return f"{self.prefix}advisories/names.bin"

    @property
    def jobs(self) -> str:
        """The prefix of executions; each job's lie below its id."""
        return f"{self.prefix}jobs/"

    def job(self, job_id: str) -> str:
        """A job."""
        return f"{self.jobs}{job_id}/job.json"

    def checkpoints(self, job_id: str) -> str:
        """The prefix of a job's checkpoints."""
        return f"{self.jobs}{job_id}/checkpoints/"

    def checkpoint(self, job_id: str, checkpoint_id: str) -> str:
        """One checkpoint of a job."""
        return f"{self.checkpoints(job_id)}{checkpoint_id}.json"

    def leases(self, job_id: str) -> str:
        """The prefix of the leases of a job; newer ones come first."""
        return f"{self.jobs}{job_id}/leases/"

    def runs(self, job_id: str) -> str:
        """The prefix of a job's runs; each one's lie below its id."""
        return f"{self.jobs}{job_id}/runs/"

    def run(self, job_id: str, run_id: str) -> str:
        """The prefix of a run, and of the names of its events."""
        return f"{self.runs(job_id)}{run_id}/"

    def run_setting(self, job_id: str, run_id: str) -> str:
        """With what a run was started."""
        return f"{self.run(job_id, run_id)}run-setting.json"

    def run_log(self, job_id: str, run_id: str) -> str:
        """The prefix of a run's numbered events."""
        return f"{self.run(job_id, run_id)}log/"

    def job_places(self, view: str = "all") -> str:
        """The prefix of one listing of jobs: `all`, `state/{state}` or `package/{name}`; newer ones come first."""
        return f"{self.prefix}index/jobs/{view}/"

    @property
    def sweep_progress(self) -> str:
        """How far the sweep has come, and what the last one did."""
        return f"{self.prefix}sweep/progress.json"

    @property
    def uploads(self) -> str:
        """The prefix of uploads: a folder a bucket of files, and in there a folder an upload."""
        return f"{self.prefix}uploads/"

    def upload_bucket(self, sid: str) -> str:
        """A bucket of files."""
        return f"{self.uploads}{sid}/bucket.json"

    def upload_files(self, sid: str) -> str:
        """The prefix of a bucket of files and all that is in it."""
        return f"{self.uploads}{sid}/"

    @property
    def bucket_endings(self) -> str:
        """The prefix of what says when buckets, or files of theirs, have ended; what ends first comes first."""
        return f"{self.uploads}ends/"

    def upload(self, sid: str, uuid: str) -> str:
        """The prefix of all that is kept of an upload."""
        return f"{self.uploads}{sid}/{uuid}/"

    def upload_info(self, sid: str, uuid: str) -> str:
        """An upload as it began."""
        return f"{self.upload(sid, uuid)}info.json"

    def upload_length(self, sid: str, uuid: str) -> str:
        """The length of an upload that began without one."""
        return f"{self.upload(sid, uuid)}length"

    def upload_chunks(self, sid: str, uuid: str) -> str:
        """The prefix of an upload's chunks; later ones come first."""
        return f"{self.upload(sid, uuid)}chunks/"

    def upload_chunk(self, sid: str, uuid: str, place: str) -> str:
        """The bytes of one request."""
        return f"{self.upload_chunks(sid, uuid)}{place}"

    def upload_segments(self, sid: str, uuid: str) -> str:
        """The prefix of what a long upload's object is joined of."""
        return f"{self.upload(sid, uuid)}segments/"

    def upload_segment(self, sid: str, uuid: str, number: int) -> str:
        """A stretch of a long upload."""
        return f"{self.upload_segments(sid, uuid)}{number:06d}"

    def upload_done(self, sid: str, uuid: str) -> str:
        """What says that an upload is complete."""
        return f"{self.upload(sid, uuid)}done.json"

    def upload_gone(self, sid: str, uuid: str) -> str:
        """What says that an upload was removed."""
        return f"{self.upload(sid, uuid)}gone.json"

    def upload_file(self, sid: str, uuid: str) -> str:
        """A complete upload as one object."""
        return f"{self.upload(sid, uuid)}file"

    def upload_changes(self, sid: str, uuid: str) -> str:
        """What was changed of an upload since it began."""
        return f"{self.upload(sid, uuid)}meta.json"

    def upload_downloads(self, sid: str, uuid: str) -> str:
        """How often an upload was downloaded that may be only so often."""
        return f"{self.upload(sid, uuid)}downloads/slots.json"

    def upload_finals(self, sid: str, uuid: str) -> str:
        """The prefix of the marks of those uploads that are made of a partial one."""
        return f"{self.upload(sid, uuid)}finals/"

    def upload_final(self, sid: str, uuid: str, final: str) -> str:
        """The mark of an upload that is made of a partial one."""
        return f"{self.upload_finals(sid, uuid)}{final}"

    @property
    def all_open_uploads(self) -> str:
        """The prefix of the marks of all unfinished uploads."""
        return f"{self.uploads}open/"

    @property
    def upload_reminders(self) -> str:
        """The prefix of what is to be looked at, and when; what is due first comes first."""
        return f"{self.uploads}due/"

    def open_uploads(self, owner: str) -> str:
        """The prefix of the marks of an owner's unfinished uploads."""
        return f"{self.all_open_uploads}{owner}/"

    def open_upload(self, owner: str, sid: str, uuid: str) -> str:
        """The mark of an unfinished upload."""
        return f"{self.open_uploads(owner)}{sid}-{uuid}"

    @property
    def announced(self) -> tuple[tuple[str, str], ...]:
        """The prefixes, each with the suffix of its keys, of new objects that the functions hear of."""
        queued = self.job_places("state/queued")
        return (self.incoming, ".tgz"), (f"{self.prefix}heads/", ".json"), (queued, ".json")

    @property
    def swept(self) -> tuple[str, ...]:
        """The prefixes of what may be left lying, which a bucket's lifecycle removes."""
        rooms = ("staged", "uploads", "archives", "rendered", "incoming", "wishes", "probes", "logins")
        return tuple(f"{self.prefix}{room}/" for room in rooms)

    @property
    def kept(self) -> tuple[str, ...]:
        """The prefixes of what no rule of a bucket may remove; only unpublishing removes some of it."""
        rooms = (
            "manifests",
            "metadata",
            "attestations",
            "tarballs",
            "files",
            "packages",
            "heads",
            "segments",
            "access",
            "advisories",
            "catalog",
            "jobs",
        )
        return tuple(f"{self.prefix}{room}/" for room in rooms)

    @property
    def probes(self) -> str:
        """The prefix of what is written to see how the medium judges conditions."""
        return f"{self.prefix}probes/"

    @property
    def proof(self) -> str:
        """What was proven of the medium, and when."""
        return f"{self.probes}conditional-writes.json"

    @property
    def health(self) -> str:
        """A key that is signed to see whether the medium has addresses; nothing is ever stored under it."""
        return f"{self.prefix}health"


@dataclass(frozen=True, slots=True)
class TreeKeys(ObjectKeys):
    """The filesystem's tree: `packages/<name>/<version>/` holds a version's manifest, metadata, tarball and files."""

    prefix: str = ""

    def manifest(self, name: str, version: str) -> str:
        """The Prism manifest: the claim on a version."""
        return f"{self.prefix}packages/{name}/{version}/manifest.json"

    def metadata(self, name: str, version: str) -> str:
        """The version's metadata."""
        return f"{self.prefix}packages/{name}/{version}/metadata.json"

    def tarball(self, name: str, version: str) -> str:
        """The tarball as received."""
        return f"{self.prefix}packages/{name}/{version}/package.tgz"

    def pack(self, name: str, version: str) -> str:
        """The package's files, each one byte range."""
        return f"{self.prefix}packages/{name}/{version}/files.pack"

    def file(self, name: str, version: str, path: str) -> str:
        """One file as an object of its own."""
        return f"{self.prefix}packages/{name}/{version}/files/{path}"
