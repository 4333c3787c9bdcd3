"""What directories weigh, against adding up by hand."""

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.facts.directories import directory_sizes
from chalicelib.domain.metadata import Size
from chalicelib.domain.package import FileRecord

names = st.sampled_from(["a", "b", "a-b", "a.b"])
paths = st.lists(names, min_size=1, max_size=5).map(lambda parts: "/".join([*parts, "file"]))
packages = st.dictionaries(paths, st.integers(0, 9)).map(
    lambda sizes: [FileRecord(path, size, size // 2, "") for path, size in sorted(sizes.items())]
)


@given(packages)
@settings(deadline=None, max_examples=100)
def test_each_directory_weighs_the_files_whose_paths_begin_with_it(files: list[FileRecord]) -> None:
    for path, size in directory_sizes(files).items():
        below = [file for file in files if path == "." or file.path.startswith(f"{path}/")]
        assert size == Size(sum(file.size for file in below), sum(file.gzip_size for file in below))


@given(packages)
@settings(deadline=None, max_examples=100)
def test_every_directory_on_the_way_to_a_file_is_there(files: list[FileRecord]) -> None:
    ways = {
        "/".join(file.path.split("/")[:depth])
        for file in files
        for depth in range(1, file.path.count("/") + 1)
    }
    assert list(directory_sizes(files)) == [".", *sorted(ways)]
