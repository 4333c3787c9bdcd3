"""Tarballs that no packer should write, what npm makes of each, and what Prism does.

`npm` lists the files that npm extracts, or is the code of its error. `code` is Prism's refusal; without one
Prism reads the very files that npm extracts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tests.builders import (
    END_OF_ARCHIVE,
    content_bytes,
    gzipped,
    package_json,
    pax_header,
    pax_record,
    raw_entry,
    raw_tar,
    tarball,
)

MANIFEST: Final = raw_entry("package/package.json", content_bytes(package_json()))
INDEX: Final = raw_entry("package/index.js", b"module.exports = 1\n")
MINIMAL: Final = frozenset({"package.json"})
USUAL: Final = frozenset({"package.json", "index.js"})
WITH_A: Final = frozenset({"package.json", "a.js"})


@dataclass(frozen=True)
class Shape:
    """One tarball with what two readers make of it."""

    name: str
    data: bytes
    npm: Iterable[str] | str
    code: str | None = None


def _with(*entries: bytes, end: bytes = END_OF_ARCHIVE) -> bytes:
    return gzipped(raw_tar(MANIFEST, *entries, end=end))


def _long_name(name: str) -> bytes:
    return raw_entry("././@LongLink", name.encode() + b"\x00", typeflag="L")


_PLAIN = _with(INDEX)
_DEEP = "a-folder-with-a-long-name/" * 5 + "file.js"
_OTHER_INDEX = raw_entry("package/index.js", b"module.exports = 2\n")

ACCEPTED: Final = (
    Shape("an ordinary package", _PLAIN, USUAL),
    Shape("a path with single dots", _with(raw_entry("package/././a.js", b"1")), WITH_A),
    Shape("a directory that is a dot", _with(raw_entry("package/./", typeflag="5")), MINIMAL),
    Shape(
        "a top directory of any name",
        tarball({"package.json": package_json()}, top="node v24.19"),
        MINIMAL,
    ),
    Shape("a dot as the top directory", tarball({"package.json": package_json()}, top="."), MINIMAL),
    Shape(
        "directories of their own, also with the setgid bit",
        gzipped(
            raw_tar(
                raw_entry("package/", typeflag="5", mode=0o2775),
                MANIFEST,
                raw_entry("package/lib", typeflag="5", mode=0o755),
                raw_entry("package/lib/a.js", b"1"),
            )
        ),
        {"package.json", "lib/a.js"},
    ),
    Shape(
        "an old archive's directory, a file that ends with a slash",
        _with(raw_entry("package/lib/"), raw_entry("package/lib/a.js", b"1", typeflag="\x00")),
        {"package.json", "lib/a.js"},
    ),
    Shape(
        "a pax path",
        _with(raw_entry("package/x", b"1", pax={"path": f"package/{_DEEP}"})),
        {"package.json", _DEEP},
    ),
    Shape("a pax size that agrees", _with(raw_entry("package/a.js", b"1", pax={"size": "1"})), WITH_A),
    Shape(
        "a pax attribute with any bytes",
        _with(raw_entry("package/a.js", b"1", pax={"SCHILY.xattr.com.example": "\x01\x00\n\x02"})),
        WITH_A,
    ),
    Shape(
        "a GNU long name",
        _with(_long_name(f"package/{_DEEP}"), raw_entry("package/x", b"1")),
        {"package.json", _DEEP},
    ),
    Shape(
        "a name in two halves",
        _with(raw_entry("file.js", b"1", prefix="package/" + "b" * 100)),
        {"package.json", "b" * 100 + "/file.js"},
    ),
    Shape(
        "a pax path and a name prefix",
        _with(raw_entry("x.js", b"1", prefix="package/x", pax={"path": "package/a.js"})),
        WITH_A,
    ),
    Shape(
        "an archive of the current folder",
        gzipped(
            raw_tar(raw_entry("./", typeflag="5"), raw_entry("./package.json", content_bytes(package_json())))
        ),
        MINIMAL,
    ),
    Shape(
        "a name in two halves with times after it",
        _with(raw_entry("a.js", b"1", prefix=b"package".ljust(131, b"\x00") + b"00000000000\x00" * 2)),
        WITH_A,
    ),
    Shape(
        "git's global header",
        gzipped(raw_tar(pax_header({"comment": "0123456789abcdef"}, typeflag="g"), MANIFEST, INDEX)),
        USUAL,
    ),
    Shape(
        "a size in base 256",
        _with(raw_entry("package/a.js", b"1", size=b"\x80" + bytes(10) + b"\x01")),
        WITH_A,
    ),
    Shape("no end mark", _with(INDEX, end=b""), USUAL),
    Shape("half an end mark", _with(INDEX, end=bytes(512)), USUAL),
    Shape("zeros after the end mark", _with(INDEX, end=bytes(10240)), USUAL),
    Shape(
        "names in other scripts",
        _with(raw_entry("package/日本語/é.js", b"1")),
        {"package.json", "日本語/é.js"},
    ),
    Shape(
        "an empty file",
        _with(raw_entry("package/empty")),
        {"package.json", "empty"},
    ),
    Shape(
        "dot files, a git folder and bundled packages",
        _with(
            raw_entry("package/.npmrc", b"a=b"),
            raw_entry("package/.git/config", b"[core]"),
            raw_entry("package/node_modules/a/package.json", b"{}"),
        ),
        {"package.json", ".npmrc", ".git/config", "node_modules/a/package.json"},
    ),
    Shape(
        "folders that differ in case only",
        _with(raw_entry("package/Lib/a.js", b"1"), raw_entry("package/lib/b.js", b"2")),
        {"package.json", "Lib/a.js", "lib/b.js"},
    ),
    Shape(
        "a gzip header with a name",
        b"\x1f\x8b\x08\x08" + bytes(4) + b"\x00\x03a.tar\x00" + _PLAIN[10:],
        USUAL,
    ),
)

REFUSED: Final = (
    # gzip
    Shape("a tar without gzip", raw_tar(MANIFEST, INDEX), USUAL, "not_gzip"),
    Shape("something else", b"PK\x03\x04" + bytes(600), "TAR_BAD_ARCHIVE", "not_gzip"),
    Shape("gzip cut off", _PLAIN[:-20], "Z_BUF_ERROR", "truncated_gzip"),
    Shape("gzip without its checksum", _PLAIN[:-8], "Z_BUF_ERROR", "truncated_gzip"),
    Shape("no bytes", b"", "ENODATA", "truncated_gzip"),
    Shape(
        "a wrong checksum", _PLAIN[:-8] + b"\x00\x00\x00\x00" + _PLAIN[-4:], "Z_DATA_ERROR", "corrupt_gzip"
    ),
    Shape("a wrong length", _PLAIN[:-4] + b"\x00\x00\x00\x00", "Z_DATA_ERROR", "corrupt_gzip"),
    Shape("a byte after the gzip", _PLAIN + b"\x00", USUAL, "trailing_bytes"),
    Shape("text after the gzip", _PLAIN + b"appendix", "Z_DATA_ERROR", "trailing_bytes"),
    Shape("an empty second member", _PLAIN + gzipped(b""), USUAL, "several_gzip_members"),
    Shape(
        "an archive in two members",
        gzipped(raw_tar(MANIFEST, end=b"")) + gzipped(raw_tar(INDEX)),
        USUAL,
        "several_gzip_members",
    ),
    # archive
    Shape("nothing", gzipped(b""), "TAR_BAD_ARCHIVE", "empty_archive"),
    Shape("only an end mark", gzipped(raw_tar()), "TAR_BAD_ARCHIVE", "empty_archive"),
    Shape(
        "cut off in a header", gzipped(raw_tar(MANIFEST, INDEX[:300], end=b"")), MINIMAL, "truncated_archive"
    ),
    Shape(
        "cut off in a file",
        gzipped(raw_tar(MANIFEST, INDEX[:520], end=b"")),
        "TAR_BAD_ARCHIVE",
        "truncated_archive",
    ),
    Shape(
        "cut off in the padding",
        gzipped(raw_tar(MANIFEST, INDEX[:600], end=b"")),
        "TAR_BAD_ARCHIVE",
        "truncated_archive",
    ),
    Shape("an archive after the end", gzipped(raw_tar(MANIFEST) + raw_tar(INDEX)), MINIMAL, "data_after_end"),
    Shape(
        "an entry after a lone zero block",
        gzipped(raw_tar(MANIFEST, bytes(512), INDEX)),
        USUAL,
        "data_after_end",
    ),
    Shape(
        "a wrong header checksum",
        _with(raw_entry("package/a.js", b"1", checksum=b"000001\x00 ")),
        MINIMAL,
        "header_checksum_mismatch",
    ),
    Shape(
        "a header checksum that is no number",
        _with(raw_entry("package/a.js", b"1", checksum=b"+12345\x00 ")),
        MINIMAL,
        "header_checksum_mismatch",
    ),
    Shape(
        "a size that is no number",
        _with(raw_entry("package/a.js", b"1", size=b"0x1")),
        WITH_A,
        "invalid_header",
    ),
    Shape(
        "a size that begins with NUL",
        _with(raw_entry("package/a.js", b"1", size=b"\x000000000001")),
        WITH_A,
        "invalid_header",
    ),
    Shape(
        "a size with text after NUL",
        _with(raw_entry("package/a.js", b"1", size=b"1\x001")),
        WITH_A,
        "invalid_header",
    ),
    Shape("no size", _with(raw_entry("package/a.js", size=b"")), WITH_A, "invalid_header"),
    Shape(
        "a mode that is no number",
        _with(raw_entry("package/a.js", mode=b"rwxr-xr")),
        WITH_A,
        "invalid_header",
    ),
    Shape(
        "a file with a link name",
        _with(raw_entry("package/a.js", raw_entry("package/b.js"), link="b")),
        {"package.json", "b.js"},
        "invalid_header",
    ),
    Shape(
        "a name prefix in another dialect",
        _with(raw_entry("a.js", b"1", prefix="package/lib", magic=b"ustar\x00\x00\x00")),
        MINIMAL,
        "invalid_header",
    ),
    Shape("a negative size", _with(raw_entry("package/a.js", size=b"\xff" * 12)), WITH_A, "negative_size"),
    # extended headers
    Shape(
        "a pax size that disagrees",
        _with(raw_entry("package/a.js", b"1", pax={"size": "0"})),
        WITH_A,
        "size_override",
    ),
    Shape(
        "a pax header for nothing",
        _with(pax_header({"path": "package/a.js"})),
        MINIMAL,
        "invalid_extended_header",
    ),
    Shape(
        "two pax headers for one entry",
        _with(pax_header({"path": "package/a.js"}), raw_entry("package/c.js", b"1", pax={"mtime": "1"})),
        WITH_A,
        "invalid_extended_header",
    ),
    Shape(
        "a pax path and a GNU long name",
        _with(_long_name("package/b.js"), raw_entry("package/c.js", b"1", pax={"path": "package/a.js"})),
        WITH_A,
        "invalid_extended_header",
    ),
    Shape(
        "a pax record with another inside",
        _with(
            raw_entry(
                "package/a.js", b"1", pax={"comment": "\n" + pax_record("path", "package/b.js").decode()}
            )
        ),
        {"package.json", "b.js"},
        "invalid_extended_header",
    ),
    Shape(
        "a pax path with a line break",
        _with(raw_entry("package/a.js", b"1", pax={"path": "package/a\nb"})),
        WITH_A,
        "invalid_extended_header",
    ),
    Shape(
        "a pax path with NUL",
        _with(raw_entry("package/a.js", b"1", pax={"path": "package/a\x00b"})),
        {"package.json", "a"},
        "invalid_extended_header",
    ),
    Shape(
        "a pax record of the wrong length",
        _with(raw_entry("PaxHeader", b"99 path=package/b.js\n", typeflag="x"), INDEX),
        USUAL,
        "invalid_extended_header",
    ),
    Shape(
        "a pax record with a padded length",
        _with(raw_entry("PaxHeader", b"024 path=package/b.js\n", typeflag="x"), INDEX),
        USUAL,
        "invalid_extended_header",
    ),
    Shape(
        "a pax keyword twice",
        _with(
            raw_entry(
                "PaxHeader",
                pax_record("path", "package/a.js") + pax_record("path", "package/b.js"),
                typeflag="x",
            ),
            INDEX,
        ),
        {"package.json", "b.js"},
        "invalid_extended_header",
    ),
    Shape(
        "a pax type",
        _with(raw_entry("package/a.js", b"1", pax={"type": "Directory"})),
        WITH_A,
        "invalid_extended_header",
    ),
    Shape(
        "a pax mode",
        _with(raw_entry("package/a.js", b"1", pax={"mode": "2541"})),
        WITH_A,
        "invalid_extended_header",
    ),
    Shape(
        "a pax link name on a file",
        _with(raw_entry("package/a.js", b"1", pax={"linkpath": "b"})),
        WITH_A,
        "invalid_extended_header",
    ),
    Shape(
        "a sparse file in pax",
        _with(raw_entry("package/a.js", b"1", pax={"GNU.sparse.major": "1"})),
        WITH_A,
        "invalid_extended_header",
    ),
    Shape(
        "a global path",
        _with(pax_header({"path": "package/b.js"}, typeflag="g"), INDEX),
        USUAL,
        "invalid_extended_header",
    ),
    Shape(
        "a global size",
        _with(pax_header({"size": "0"}, typeflag="g"), INDEX),
        USUAL,
        "invalid_extended_header",
    ),
    Shape("an empty GNU long name", _with(_long_name(""), INDEX), MINIMAL, "invalid_extended_header"),
    Shape(
        "a pax header of more than a MiB",
        _with(raw_entry("package/a.js", b"1", pax={"comment": "x" * (1 << 20)})),
        WITH_A,
        "extended_header_too_large",
    ),
    # types
    Shape(
        "a symbolic link",
        _with(raw_entry("package/a.js", typeflag="2", link="/etc/passwd")),
        MINIMAL,
        "link_entry",
    ),
    Shape(
        "a hard link",
        _with(raw_entry("package/a.js", typeflag="1", link="package/package.json")),
        MINIMAL,
        "link_entry",
    ),
    Shape("a character device", _with(raw_entry("package/a.js", typeflag="3")), MINIMAL, "special_entry"),
    Shape("a block device", _with(raw_entry("package/a.js", typeflag="4")), MINIMAL, "special_entry"),
    Shape("a named pipe", _with(raw_entry("package/a.js", typeflag="6")), MINIMAL, "special_entry"),
    Shape(
        "a contiguous file",
        _with(raw_entry("package/a.js", b"1", typeflag="7")),
        WITH_A,
        "unknown_entry_type",
    ),
    Shape(
        "a sparse file", _with(raw_entry("package/a.js", b"1", typeflag="S")), MINIMAL, "unknown_entry_type"
    ),
    Shape(
        "an unknown type", _with(raw_entry("package/a.js", b"1", typeflag="Z")), MINIMAL, "unknown_entry_type"
    ),
    Shape(
        "a directory with data",
        _with(raw_entry("package/lib", raw_entry("package/b.js"), typeflag="5")),
        {"package.json", "b.js"},
        "directory_with_data",
    ),
    Shape(
        "a file with a slash at its end and data",
        _with(raw_entry("package/lib/", raw_entry("package/b.js"))),
        {"package.json", "b.js"},
        "directory_with_data",
    ),
    Shape("a setuid file", _with(raw_entry("package/a.js", b"1", mode=0o4755)), WITH_A, "special_mode"),
    Shape("a setgid file", _with(raw_entry("package/a.js", b"1", mode=0o2755)), WITH_A, "special_mode"),
    Shape("a sticky file", _with(raw_entry("package/a.js", b"1", mode=0o1755)), WITH_A, "special_mode"),
    # paths
    Shape(
        "a name that is not UTF-8",
        _with(raw_entry(b"package/\xff.js", b"1")),
        {"package.json", "\ufffd.js"},
        "invalid_utf8_path",
    ),
    Shape(
        "a name with NUL",
        _with(raw_entry(b"package/a\x00b.js", b"1")),
        {"package.json", "a"},
        "control_character_in_path",
    ),
    Shape(
        "a name with a line break",
        _with(raw_entry("package/a\nb.js", b"1")),
        {"package.json", "a\nb.js"},
        "control_character_in_path",
    ),
    Shape(
        "a name with DEL",
        _with(raw_entry("package/a\x7f.js", b"1")),
        {"package.json", "a\u007f.js"},
        "control_character_in_path",
    ),
    Shape(
        "a backslash",
        _with(raw_entry("package/a\\b.js", b"1")),
        {"package.json", "a\\b.js"},
        "backslash_in_path",
    ),
    Shape(
        "an absolute path",
        _with(raw_entry("/package/a.js", b"1")),
        {"package.json", "package/a.js"},
        "absolute_path",
    ),
    Shape("a drive letter for the top", _with(raw_entry("c:/a.js", b"1")), WITH_A, "absolute_path"),
    Shape("a drive letter below the top", _with(raw_entry("package/c:a.js", b"1")), WITH_A, "absolute_path"),
    Shape("dots in the middle", _with(raw_entry("package/../a.js", b"1")), MINIMAL, "path_traversal"),
    Shape("dots at the start", _with(raw_entry("../a.js", b"1")), WITH_A, "path_traversal"),
    Shape(
        "dots in a pax path",
        _with(raw_entry("package/a.js", b"1", pax={"path": "package/../../a.js"})),
        MINIMAL,
        "path_traversal",
    ),
    Shape(
        "dots in a long name",
        _with(_long_name("package/../../a.js"), raw_entry("package/a.js", b"1")),
        MINIMAL,
        "path_traversal",
    ),
    Shape("dots in a directory", _with(raw_entry("package/..", typeflag="5")), MINIMAL, "path_traversal"),
    Shape(
        "a single dot that names the same file twice",
        _with(raw_entry("package/a.js", b"1"), raw_entry("package/./a.js", b"1")),
        WITH_A,
        "duplicate_entry",
    ),
    Shape("a file that is only a dot", _with(raw_entry("package/.", b"1")), MINIMAL, "outside_top_directory"),
    Shape("a double slash", _with(raw_entry("package//a.js", b"1")), WITH_A, "path_not_normal"),
    Shape("no name", _with(raw_entry("", b"1")), MINIMAL, "path_not_normal"),
    Shape(
        "a path of 513 bytes",
        _with(raw_entry("package/" + "d/" * 251 + "a.js", b"1")),
        {"package.json", "d/" * 251 + "a.js"},
        "path_too_long",
    ),
    Shape(
        "a path of 33 levels",
        _with(raw_entry("package/" + "d/" * 32 + "a.js", b"1")),
        {"package.json", "d/" * 32 + "a.js"},
        "path_too_deep",
    ),
    Shape(
        "a name of 256 bytes",
        _with(raw_entry(f"package/{'n' * 253}.js", b"1")),
        MINIMAL,
        "path_segment_too_long",
    ),
    Shape("a file without a folder", _with(raw_entry("a.js", b"1")), MINIMAL, "several_top_directories"),
    Shape(
        "a top that is a file",
        gzipped(raw_tar(raw_entry("package", b"1"), MANIFEST)),
        MINIMAL,
        "outside_top_directory",
    ),
    Shape("two top directories", _with(raw_entry("other/a.js", b"1")), WITH_A, "several_top_directories"),
    Shape(
        "a package in a folder below a dot",
        gzipped(raw_tar(raw_entry("./package/package.json", content_bytes(package_json())))),
        "ENOENT",
        "package_json_missing",
    ),
    # collisions
    Shape("a file twice", _with(INDEX, _OTHER_INDEX), USUAL, "duplicate_entry"),
    Shape(
        "a package.json twice",
        _with(INDEX, raw_entry("package/package.json", content_bytes(package_json("evil")))),
        USUAL,
        "duplicate_entry",
    ),
    Shape(
        "names that differ in case",
        _with(INDEX, raw_entry("package/Index.js", b"2")),
        {"package.json", "Index.js", "index.js"},
        "case_collision",
    ),
    Shape(
        "names that differ in case abroad",
        _with(raw_entry("package/straße.js", b"1"), raw_entry("package/STRASSE.js", b"2")),
        {"package.json", "STRASSE.js", "stra\u00dfe.js"},
        "case_collision",
    ),
    Shape(
        "names that differ in normalisation",
        _with(raw_entry("package/\u00e9.js", b"1"), raw_entry("package/e\u0301.js", b"2")),
        {"package.json", "e\u0301.js", "\u00e9.js"},
        "unicode_collision",
    ),
    Shape(
        "a file, then a folder",
        _with(raw_entry("package/a", b"1"), raw_entry("package/a/b.js", b"2")),
        {"package.json", "a"},
        "file_and_directory",
    ),
    Shape(
        "a folder, then a file",
        _with(raw_entry("package/a/b.js", b"2"), raw_entry("package/a", b"1")),
        {"package.json", "a/b.js"},
        "file_and_directory",
    ),
    Shape(
        "a folder of its own, then a file",
        _with(raw_entry("package/a", typeflag="5"), raw_entry("package/A", b"1")),
        {"package.json", "A"},
        "file_and_directory",
    ),
    # package.json
    Shape("no package.json", gzipped(raw_tar(INDEX)), "ENOENT", "package_json_missing"),
    Shape(
        "a package.json in a folder",
        tarball({"lib/package.json": package_json()}),
        "ENOENT",
        "package_json_missing",
    ),
    Shape(
        "a package.json in capitals",
        tarball({"Package.json": package_json()}),
        "ENOENT",
        "package_json_missing",
    ),
    Shape(
        "a package.json of 3 MiB",
        tarball({"package.json": package_json(a="x" * (3 << 20))}),
        MINIMAL,
        "package_json_too_large",
    ),
    Shape(
        "a package.json that is no JSON",
        tarball({"package.json": "{name: 'demo'}"}),
        "EJSONPARSE",
        "package_json_invalid",
    ),
    Shape(
        "a package.json that is empty", tarball({"package.json": ""}), "EJSONPARSE", "package_json_invalid"
    ),
    Shape(
        "a package.json that is not UTF-8",
        tarball({"package.json": b'{"name":"demo\xff","version":"1.0.0"}'}),
        MINIMAL,
        "package_json_invalid",
    ),
    Shape(
        "a package.json with half a surrogate pair",
        tarball({"package.json": '{"name":"demo","version":"1.0.0","a":"\\ud800"}'}),
        MINIMAL,
        "package_json_invalid",
    ),
    Shape(
        "a package.json with NaN",
        tarball({"package.json": '{"name":"demo","version":"1.0.0","a":NaN}'}),
        "EJSONPARSE",
        "package_json_invalid",
    ),
    Shape(
        "a package.json nested too deep",
        tarball({"package.json": '{"name":"demo","version":"1.0.0","a":' + "[" * 300 + "]" * 300 + "}"}),
        MINIMAL,
        "package_json_invalid",
    ),
    Shape(
        "a package.json that is an array", tarball({"package.json": "[]"}), MINIMAL, "package_json_not_object"
    ),
    Shape(
        "a package.json without a name",
        tarball({"package.json": {"version": "1.0.0"}}),
        MINIMAL,
        "package_name_missing",
    ),
    Shape(
        "a name that is a number",
        tarball({"package.json": {"name": 1, "version": "1.0.0"}}),
        MINIMAL,
        "package_name_missing",
    ),
    Shape(
        "a package.json without a version",
        tarball({"package.json": {"name": "demo"}}),
        MINIMAL,
        "package_version_missing",
    ),
)

SHAPES: Final = ACCEPTED + REFUSED
