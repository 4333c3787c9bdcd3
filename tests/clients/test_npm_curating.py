"""What npm changes of packages that are published: tags, deprecations, owners, and what is taken back."""

from tests.builders import package_json, tarball
from tests.clients.npm import Npm
from tests.clients.registries import Registry
from tests.clients.wire import put_package


def published(registry: Registry, name: str, *versions: str) -> str:
    """Publish versions of a package and answer its name."""
    for version in versions:
        described = package_json(name, version, main="index.js")
        data = tarball({"package.json": described, "index.js": f"module.exports = {version!r}\n"})
        put_package(registry.url, described, data, token=registry.token("alice"))
    return name


def test_tags_are_set_listed_and_removed(npm: Npm, guarded: Registry) -> None:
    name = published(guarded, "@acme/tagged", "1.0.0", "1.1.0")

    added = npm.run("dist-tag", "add", f"{name}@1.0.0", "stable", cwd=npm.home).well()
    listed = npm.run("dist-tag", "ls", name, cwd=npm.home).well()
    removed = npm.run("dist-tag", "rm", name, "stable", cwd=npm.home).well()

    assert added.out == f"+stable: {name}@1.0.0\n"
    assert listed.out == "latest: 1.1.0\nstable: 1.0.0\n"
    assert removed.out == f"-stable: {name}@1.0.0\n"
    assert guarded.tags(name) == {"latest": "1.1.0"}


def test_a_tag_of_no_version_and_the_tag_latest_are_refused_in_words(npm: Npm, guarded: Registry) -> None:
    name = published(guarded, "strictly-tagged", "1.0.0")

    npm.run("dist-tag", "add", f"{name}@9.9.9", "stable", cwd=npm.home).badly("9.9.9")
    npm.run("dist-tag", "rm", name, "latest", cwd=npm.home).badly("latest")

    assert guarded.tags(name) == {"latest": "1.0.0"}


def test_a_version_is_deprecated_and_not_any_more(npm: Npm, guarded: Registry) -> None:
    name = published(guarded, "@acme/ageing", "1.0.0", "2.0.0")

    npm.run("deprecate", f"{name}@1", "use 2", cwd=npm.home).well()
    then = npm.asked("view", f"{name}@1.0.0", "deprecated")
    other = npm.run("view", f"{name}@2.0.0", "deprecated", cwd=npm.home).well().out
    npm.run("undeprecate", f"{name}@1", cwd=npm.home).well()

    assert then == "use 2"
    assert other.strip() == ""
    assert npm.run("view", f"{name}@1.0.0", "deprecated", cwd=npm.home).well().out.strip() == ""


def test_a_version_is_unpublished(npm: Npm, guarded: Registry) -> None:
    name = published(guarded, "@acme/taken-back", "1.0.0", "1.1.0")

    taken = npm.run("unpublish", f"{name}@1.1.0", cwd=npm.home).well()

    assert taken.out == f"- {name}@1.1.0\n"
    assert npm.asked("view", name, "versions") == ["1.0.0"]
    assert guarded.tags(name) == {"latest": "1.0.0"}
    npm.run("pack", f"{name}@1.1.0", cwd=npm.home).badly("1.1.0")


def test_a_package_is_unpublished(npm: Npm, guarded: Registry) -> None:
    name = published(guarded, "gone", "1.0.0", "1.1.0")

    npm.run("unpublish", name, cwd=npm.home).badly("--force")
    taken = npm.run("unpublish", name, "--force", cwd=npm.home).well()

    assert taken.out == f"- {name}\n"
    npm.run("view", name, cwd=npm.home).badly("E404")


def test_owners_are_listed_added_and_removed(npm: Npm, guarded: Registry) -> None:
    name = published(guarded, "@acme/owned", "1.0.0")

    first = npm.run("owner", "ls", name, cwd=npm.home).well().out
    added = npm.run("owner", "add", "bob", name, cwd=npm.home).well().out
    both = npm.run("owner", "ls", name, cwd=npm.home).well().out
    removed = npm.run("owner", "rm", "bob", name, cwd=npm.home).well().out
    last = npm.run("owner", "ls", name, cwd=npm.home).well().out

    assert "alice" in first
    assert "bob" not in first
    assert added == f"+ bob ({name})\n"
    assert "bob" in both
    assert removed == f"- bob ({name})\n"
    assert last == first
