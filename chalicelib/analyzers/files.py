"""Reports the file tree: every file with its sizes and digest, directories with what lies below them."""

from binascii import b2a_base64

from chalicelib.analyzers.base import Found, Subject
from chalicelib.domain.facts.directories import ROOT, directory_sizes, parent
from chalicelib.domain.metadata import FileTree, Size, TreeNode
from chalicelib.domain.package import FileRecord

name = "files"
version = "1"
requires: tuple[str, ...] = ()
essential = True


def analyze(subject: Subject) -> Found:
    """Answer the FileTree of a package; siblings, files and directories together, are sorted by path."""
    files = subject.package.files.values()
    sizes = directory_sizes(files)
    del sizes[ROOT]
    tree = _tree(list(files), sizes)
    verdict = f"{len(files)} files in {len(sizes)} directories"
    return Found(verdict, FileTree(total_files=len(files), total_directories=len(sizes), tree=tree))


def _tree(files: list[FileRecord], sizes: dict[str, Size]) -> list[TreeNode]:
    children: dict[str, list[TreeNode]] = {path: [] for path in ("", *sizes)}
    for path, size in sizes.items():
        children[parent(path)].append(_directory(path, size, children[path]))
    for file in files:
        children[parent(file.path)].append(_file(file))
    for siblings in children.values():
        siblings.sort(key=lambda node: node.path)
    return children[""]


def _directory(path: str, size: Size, children: list[TreeNode]) -> TreeNode:
    return TreeNode("directory", path, path.count("/") + 1, size, children=children)


def _file(file: FileRecord) -> TreeNode:
    digest = b2a_base64(bytes.fromhex(file.sha256), newline=False).decode("ascii")
    return TreeNode(
        "file",
        file.path,
        file.path.count("/") + 1,
        Size(file.size, file.gzip_size),
        extension=extension(file.path),
        executable=file.executable,
        integrity=f"sha256-{digest}",
    )


def extension(path: str) -> str | None:
    """Answer a path's extension in lower case, with its dot and cut as Node's `path.extname` does."""
    stem, dot, suffix = path.rpartition("/")[2].rpartition(".")
    return f".{suffix.lower()}" if dot and stem else None
