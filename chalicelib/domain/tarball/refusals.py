"""Every reason for which a tarball is refused, each with its own code.

`docs/concepts/tarballs.md` says for each what npm does with such a tarball. A refusal is made from its facts
alone; the class holds the sentence.
"""

from typing import ClassVar

from chalicelib.domain.errors import InvalidTarball


class Refusal(InvalidTarball):
    """A stated reason; `sentence` is filled with the facts of the occurrence."""

    sentence: ClassVar[str]

    def __init__(self, **facts: object) -> None:
        super().__init__(self.sentence.format_map(facts), **facts)


# The gzip layer.


class NotGzip(Refusal):
    """The bytes do not begin as gzip does."""

    code = "not_gzip"
    title = "The tarball is not gzip"
    sentence = "the bytes do not begin as gzip does; send a .tgz as `npm pack` makes it"


class CorruptGzip(Refusal):
    """The compressed data or its checksum is wrong."""

    code = "corrupt_gzip"
    title = "The gzip data is corrupt"
    sentence = "the gzip data cannot be inflated ({reason}); pack and send the tarball again"


class TruncatedGzip(Refusal):
    """The gzip member does not end."""

    code = "truncated_gzip"
    title = "The gzip data is cut off"
    sentence = "the gzip data stops after {size} bytes without its end; send the whole tarball again"


class TrailingBytes(Refusal):
    """Something follows the gzip member."""

    code = "trailing_bytes"
    title = "Bytes follow the gzip data"
    sentence = (
        "the gzip data ends at byte {offset} and something follows it; send a tarball without an appendix"
    )


class SeveralGzipMembers(Refusal):
    """Another gzip member follows the first."""

    code = "several_gzip_members"
    title = "The tarball has several gzip members"
    sentence = "a second gzip member begins at byte {offset}, where some readers stop; compress in one member"


class RatioExceeded(Refusal):
    """The data inflates to more than a package ever does."""

    code = "ratio_exceeded"
    title = "The tarball inflates too far"
    sentence = (
        "{consumed} bytes inflate to {inflated} or more, beyond the limit of {limit}:1; publish less padding"
    )


# The archive and its headers.


class EmptyArchive(Refusal):
    """The archive has no entries."""

    code = "empty_archive"
    title = "The archive is empty"
    sentence = "the archive has no entries; pack a folder that has a package.json"


class TruncatedArchive(Refusal):
    """The archive stops inside an entry."""

    code = "truncated_archive"
    title = "The archive is cut off"
    sentence = "the archive stops inside an entry, {missing} bytes early; pack and send the tarball again"


class DataAfterEnd(Refusal):
    """Something follows the end of the archive."""

    code = "data_after_end"
    title = "Data follows the end of the archive"
    sentence = "the archive has its end mark and then goes on, where readers disagree; pack the folder again"


class HeaderChecksumMismatch(Refusal):
    """An entry's header does not have the checksum it states."""

    code = "header_checksum_mismatch"
    title = "An entry's header is damaged"
    sentence = (
        "the header of entry {entry} does not have the checksum it states; pack and send the tarball again"
    )


class InvalidHeader(Refusal):
    """A header's field cannot be read, or is read differently by different readers."""

    code = "invalid_header"
    title = "An entry's header is not valid"
    sentence = (
        "the header of entry {entry} has a {field} that cannot be trusted: {reason}; pack the folder again"
    )


class NegativeSize(Refusal):
    """An entry states a negative size."""

    code = "negative_size"
    title = "An entry has a negative size"
    sentence = "the header of entry {entry} states a negative size; pack the folder again"


class InvalidExtendedHeader(Refusal):
    """A pax or GNU header breaks its format, or is read differently by different readers."""

    code = "invalid_extended_header"
    title = "An extended header is not valid"
    sentence = "the extended header at entry {entry} cannot be trusted: {reason}; pack with `npm pack`"


class ExtendedHeaderTooLarge(Refusal):
    """Extended headers are larger than names and attributes ever are."""

    code = "extended_header_too_large"
    title = "The extended headers are too large"
    sentence = (
        "the extended headers up to entry {entry} have {size} bytes, more than {limit}; pack with `npm pack`"
    )


class SizeOverride(Refusal):
    """An extended header states another size than the header it extends."""

    code = "size_override"
    title = "An entry has two sizes"
    sentence = (
        "`{path}` has {size} bytes by its header and {override} by an extended one; pack with `npm pack`"
    )


class LinkEntry(Refusal):
    """An entry is a symbolic or hard link."""

    code = "link_entry"
    title = "The tarball holds a link"
    sentence = "`{path}` is a link, which clients leave out; replace it by the file it stands for"


class SpecialEntry(Refusal):
    """An entry is a device or a pipe."""

    code = "special_entry"
    title = "The tarball holds a device or pipe"
    sentence = "`{path}` is a device or pipe, which clients leave out; leave it out of the package"


class UnknownEntryType(Refusal):
    """An entry has a type that readers treat differently."""

    code = "unknown_entry_type"
    title = "The tarball holds an entry of unknown type"
    sentence = "`{path}` has the entry type `{typeflag}`; only files and directories are taken"


class DirectoryWithData(Refusal):
    """A directory states a size, which some readers skip and others do not."""

    code = "directory_with_data"
    title = "A directory has data"
    sentence = (
        "`{path}` is a directory of {size} bytes, which readers treat differently; pack with `npm pack`"
    )


class SpecialMode(Refusal):
    """A file is setuid, setgid or sticky."""

    code = "special_mode"
    title = "A file has special permissions"
    sentence = (
        "`{path}` has the mode {mode}, which would run with foreign rights; clear it with `chmod ug-s,-t`"
    )


# Paths.


class InvalidUtf8Path(Refusal):
    """A path is not UTF-8."""

    code = "invalid_utf8_path"
    title = "A path is not UTF-8"
    sentence = "the path `{path}` is not UTF-8; rename the file"


class ControlCharacterInPath(Refusal):
    """A path contains NUL or another control character."""

    code = "control_character_in_path"
    title = "A path contains a control character"
    sentence = "the path `{path}` contains a control character; rename the file"


class BackslashInPath(Refusal):
    """A path contains a backslash, which is a separator on some systems."""

    code = "backslash_in_path"
    title = "A path contains a backslash"
    sentence = "the path `{path}` contains a backslash; separate folders by `/`"


class AbsolutePath(Refusal):
    """A path begins at the root of a file system or names a drive."""

    code = "absolute_path"
    title = "A path is absolute"
    sentence = (
        "the path `{path}` is absolute or names a drive; paths begin with one top folder such as `package/`"
    )


class PathTraversal(Refusal):
    """A path climbs with `..`."""

    code = "path_traversal"
    title = "A path leads outside"
    sentence = "the path `{path}` contains `..`; pack the folder that holds the file"


class PathNotNormal(Refusal):
    """A path has an empty segment, so that one file has two names."""

    code = "path_not_normal"
    title = "A path is not in normal form"
    sentence = "the path `{path}` has an empty segment; pack with `npm pack`"


class PathTooLong(Refusal):
    """A path is longer than the limit."""

    code = "path_too_long"
    title = "A path is too long"
    sentence = "the path `{path}` has {length} bytes and at most {limit} are taken; use shorter names"


class PathTooDeep(Refusal):
    """A path has more folders than any package needs; documents about it would nest as deep."""

    code = "path_too_deep"
    title = "A path is too deep"
    sentence = "the path `{path}` is {depth} levels deep and at most {limit} are taken; use fewer folders"


class PathSegmentTooLong(Refusal):
    """A file or folder name is longer than file systems take."""

    code = "path_segment_too_long"
    title = "A file name is too long"
    sentence = (
        "the path `{path}` has a name of {length} bytes and at most {limit} are taken; use shorter names"
    )


class OutsideTopDirectory(Refusal):
    """A file lies beside the top directory."""

    code = "outside_top_directory"
    title = "A file has no folder"
    sentence = "`{path}` lies outside of any top folder, so clients drop it; pack everything into `package/`"


class SeveralTopDirectories(Refusal):
    """Entries have different top directories, which clients merge."""

    code = "several_top_directories"
    title = "The tarball has several top folders"
    sentence = "`{path}` is not in `{top}/` as the entries before it; pack everything into one top folder"


class DuplicateEntry(Refusal):
    """Two entries have the same path."""

    code = "duplicate_entry"
    title = "The tarball holds a file twice"
    sentence = "`{path}` is in the tarball twice, and readers differ in which they take; pack every file once"


class CaseCollision(Refusal):
    """Two paths differ in upper and lower case only."""

    code = "case_collision"
    title = "Two paths differ in case only"
    sentence = "`{path}` and `{other}` are one file on Windows and macOS; rename one of them"


class UnicodeCollision(Refusal):
    """Two paths differ in unicode normalisation only."""

    code = "unicode_collision"
    title = "Two paths look the same"
    sentence = (
        "`{path}` and `{other}` are the same text in two unicode forms, one file on macOS; rename one of them"
    )


class FileAndDirectory(Refusal):
    """A path is a file and also a directory."""

    code = "file_and_directory"
    title = "A path is a file and a folder"
    sentence = "`{path}` is a file, but `{other}` needs it to be a folder; rename one of them"


# Limits.


class TooManyFiles(Refusal):
    """The archive has more entries than the limit."""

    code = "too_many_files"
    title = "The package has too many files"
    sentence = "the archive has more than {limit} entries; publish fewer files, or bundle them"


class UnpackedSizeExceeded(Refusal):
    """The files together are larger than the limit."""

    code = "unpacked_size_exceeded"
    title = "The package is too large"
    sentence = "with `{path}` the files have {size} bytes, more than the limit of {limit}; publish less"


# The package.json.


class PackageJsonMissing(Refusal):
    """There is no package.json at the root of the package."""

    code = "package_json_missing"
    title = "There is no package.json"
    sentence = "there is no package.json directly in `{top}/`; pack the folder that holds it"


class PackageJsonTooLarge(Refusal):
    """The package.json is larger than the limit."""

    code = "package_json_too_large"
    title = "The package.json is too large"
    sentence = (
        "the package.json has {size} bytes and at most {limit} are taken; move data into files of their own"
    )


class PackageJsonInvalid(Refusal):
    """The package.json is not JSON that every reader can read."""

    code = "package_json_invalid"
    title = "The package.json is not valid JSON"
    sentence = "the package.json cannot be read: {reason}; correct it and publish again"


class PackageJsonNotObject(Refusal):
    """The package.json is JSON, but not an object."""

    code = "package_json_not_object"
    title = "The package.json is not an object"
    sentence = "the package.json holds {kind} where an object belongs; see `npm init`"


class PackageNameMissing(Refusal):
    """The package.json has no name."""

    code = "package_name_missing"
    title = "The package has no name"
    sentence = "the package.json has no `name` that is a text; add one"


class PackageVersionMissing(Refusal):
    """The package.json has no version."""

    code = "package_version_missing"
    title = "The package has no version"
    sentence = "the package.json has no `version` that is a text; add one"
