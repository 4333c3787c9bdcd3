"""The dependency graph of a registry: what it holds, what it costs, and that a lock brings it back."""

from collections import Counter
from typing import Any

import pytest

from chalicelib.domain.errors import InvalidSpec
from chalicelib.domain.graph.documents import Graph, Lock
from chalicelib.domain.names import PackageName
from chalicelib.services.graphing import GraphRequest
from tests.worlds import World, memory_world, publish


@pytest.fixture
def world() -> World:
    return memory_world()


def graph(world: World, *specs: str, **asked: Any) -> Graph:
    return world.container.graphing.graph(GraphRequest(specs=specs, **asked))


def versions(found: Graph) -> dict[str, str]:
    return {node.path.removeprefix("node_modules/"): node.version for node in found.nodes}


def test_a_dependency_lies_as_high_as_nothing_else_is_in_its_way(world: World) -> None:
    publish(world.container, "1.0.0", name="base")
    publish(world.container, "2.0.0", name="base")
    publish(world.container, name="app", dependencies={"base": "^2.0.0", "old": "*"})
    publish(world.container, name="old", dependencies={"base": "^1.0.0"})

    found = graph(world, "app")

    assert versions(found) == {
        "app": "1.0.0",
        "base": "2.0.0",
        "old": "1.0.0",
        "old/node_modules/base": "1.0.0",
    }
    old = next(node for node in found.nodes if node.name == "old")
    assert old.dependencies == {"base": "node_modules/old/node_modules/base"}


def test_packages_that_need_each_other_are_fine(world: World) -> None:
    publish(world.container, name="left", dependencies={"right": "*"})
    publish(world.container, name="right", dependencies={"left": "*"})

    assert versions(graph(world, "left")) == {"left": "1.0.0", "right": "1.0.0"}


def test_a_missing_package_is_a_problem_that_tells_who_wants_it(world: World) -> None:
    publish(world.container, name="app", dependencies={"middle": "*"})
    publish(world.container, name="middle", dependencies={"gone": "^1"})

    found = graph(world, "app")

    assert [(problem.code, problem.name, problem.path) for problem in found.problems] == [
        ("package_not_found", "gone", ["root", "app@1.0.0", "middle@1.0.0"])
    ]


@pytest.mark.parametrize("text", ["file:../x", "git+https://example.org/x.git", "https://example.org/x.tgz"])
def test_what_no_registry_holds_is_a_problem(world: World, text: str) -> None:
    publish(world.container, name="app", dependencies={"x": text})

    assert [problem.code for problem in graph(world, "app").problems] == ["foreign_dependency"]


def test_an_optional_dependency_that_fails_is_left_out_with_who_cannot_do_without(world: World) -> None:
    publish(world.container, name="app", optionalDependencies={"maybe": "*"})
    publish(world.container, name="maybe", dependencies={"gone": "*"})

    found = graph(world, "app")

    assert (versions(found), found.problems) == ({"app": "1.0.0"}, [])


def test_an_optional_package_for_another_platform_is_left_out_where_one_is_named(world: World) -> None:
    from chalicelib.domain.graph.documents import LockedPlatform

    publish(world.container, name="app", optionalDependencies={"native": "*"})
    publish(world.container, name="native", os=["darwin"])

    assert versions(graph(world, "app")) == {"app": "1.0.0", "native": "1.0.0"}
    assert versions(graph(world, "app", platform=LockedPlatform(os="linux"))) == {"app": "1.0.0"}


def test_an_alias_lies_in_a_folder_of_its_own_name(world: World) -> None:
    publish(world.container, "1.0.0", name="base")
    publish(world.container, "2.0.0", name="base")

    found = graph(world, "base@2", "first@npm:base@1")

    assert versions(found) == {"base": "2.0.0", "first": "1.0.0"}
    assert [node.id for node in found.nodes] == ["base@2.0.0", "base@1.0.0"]


def test_a_peer_is_installed_unless_it_is_optional(world: World) -> None:
    publish(world.container, name="host")
    publish(world.container, name="other")
    publish(
        world.container,
        name="plugin",
        peerDependencies={"host": "*", "other": "*"},
        peerDependenciesMeta={"other": {"optional": True}},
    )

    assert versions(graph(world, "plugin")) == {"host": "1.0.0", "plugin": "1.0.0"}


def test_every_document_is_read_once_and_there_are_two_a_package(world: World) -> None:
    for number in range(30):
        needs = {f"p{other}": "^1.0.0" for other in range(number + 1, min(number + 4, 30))}
        publish(world.container, name=f"p{number}", dependencies=needs, peerDependencies={"host": "*"})
    publish(world.container, name="host")
    container = world.fresh()
    world.store.reset()

    found = container.graphing.graph(GraphRequest(specs=["p0"]))

    reads = Counter((call.verb, call.key) for call in world.store.calls)
    assert len(found.nodes) == 31
    assert set(reads.values()) == {1}
    assert len(reads) == 2 * 31


class TestImportMap:
    def test_names_lead_to_entries_and_scopes_tell_where_versions_differ(self, world: World) -> None:
        publish(world.container, "1.0.0", name="base")
        publish(world.container, "2.0.0", name="base")
        publish(world.container, name="old", dependencies={"base": "^1.0.0"})

        found = graph(world, "old", "base@2", base="https://r.example").importmap

        assert found.imports["base"] == "https://r.example/packages/base/2.0.0/index.js"
        assert found.imports["base/"] == "https://r.example/packages/base/2.0.0/"
        assert found.scopes["https://r.example/packages/old/1.0.0/"]["base"] == (
            "https://r.example/packages/base/1.0.0/index.js"
        )

    def test_subpaths_follow_the_exports(self, world: World) -> None:
        files = {"a.js": "", "lib/b.js": "", "lib/c.js": "", "deep/d.js": "", "x.js": ""}
        exports = {
            ".": "./a.js",
            "./x": "./x.js",
            "./lib/*": "./lib/*",
            "./d/*": "./deep/*.js",
            "./no/*": None,
        }
        publish(world.container, name="kit", files=dict(files), exports=exports)

        found = graph(world, "kit").importmap.imports

        assert found == {
            "kit": "/packages/kit/1.0.0/a.js",
            "kit/x": "/packages/kit/1.0.0/x.js",
            "kit/lib/": "/packages/kit/1.0.0/lib/",
            "kit/d/d": "/packages/kit/1.0.0/deep/d.js",
            "kit/no/": None,
        }

    def test_a_package_sees_its_own_names(self, world: World) -> None:
        publish(world.container, name="base", exports={".": "./index.js", "./sub": "./index.js"})
        imports = {
            "#in/*": "./lib/*",
            "#own": {"deno": "./lib/b.js"},
            "#fs": "fs",
            "#base": "base/sub",
            "#odd": "gone",
        }
        files = {"index.js": "", "lib/b.js": ""}
        publish(world.container, name="kit", dependencies={"base": "1"}, imports=imports, files=dict(files))

        found = graph(world, "kit", runtimes=["deno"]).importmap

        assert found.scopes == {
            "/packages/kit/1.0.0/": {
                "#in/": "/packages/kit/1.0.0/lib/",
                "#own": "/packages/kit/1.0.0/lib/b.js",
                "#fs": "node:fs",
                "#base": "/packages/base/1.0.0/index.js",
            }
        }

    def test_a_package_that_is_not_on_top_sees_itself_by_its_own_name(self, world: World) -> None:
        publish(world.container, "1.0.0", name="base", exports="./index.js")
        publish(world.container, "2.0.0", name="base", exports="./index.js")
        publish(world.container, name="old", dependencies={"base": "^1.0.0"})

        found = graph(world, "old", "base@2").importmap

        inside = {"base": "/packages/base/1.0.0/index.js"}
        assert found.scopes == {"/packages/old/1.0.0/": inside, "/packages/base/1.0.0/": inside}

    def test_a_name_that_deno_has_a_module_of_its_own_for_leads_there(self, world: World) -> None:
        publish(world.container, name="events", main="index.js")

        assert graph(world, "events", runtimes=["deno"]).importmap.imports["events"] == "node:events"
        assert graph(world, "events", runtimes=["browser"]).importmap.imports["events"] == (
            "/packages/events/1.0.0/index.js"
        )


class TestLocks:
    def test_a_lock_resolves_to_the_same_bytes_whatever_came_since(self, world: World) -> None:
        publish(world.container, name="base")
        publish(world.container, name="app", dependencies={"base": "^1.0.0"})
        lock = graph(world, "app").lock
        publish(world.container, "1.1.0", name="base")

        again = world.container.graphing.again(Lock.from_bytes(lock.to_bytes()), GraphRequest()).lock

        assert again.to_bytes() == lock.to_bytes()

    def test_a_check_tells_which_version_moved_and_why(self, world: World) -> None:
        publish(world.container, name="base")
        publish(world.container, name="app", dependencies={"base": "^1.0.0"})
        lock = graph(world, "app").lock
        publish(world.container, "1.1.0", name="base")

        changes = world.container.graphing.again(lock, GraphRequest(), check=True).changes

        assert changes is not None
        (change,) = changes
        assert (change.kind, change.before, change.after) == ("moved", "1.0.0", "1.1.0")
        assert change.reason.startswith("`1.1.0` was published at 20")
        assert change.reason.endswith("`app@1.0.0` wants `base@^1.0.0`")

    def test_a_check_tells_of_yanks_and_deprecations(self, world: World) -> None:
        publish(world.container, name="base")
        publish(world.container, "1.1.0", name="base")
        publish(world.container, name="app", dependencies={"base": "^1.0.0"})
        lock = graph(world, "app").lock
        world.container.curating.yank(PackageName("base"), "1.1.0", "leaks", actor="alice")
        world.container.curating.deprecate(PackageName("app"), "1.0.0", "use web", actor="alice")

        changes = world.container.graphing.again(lock, GraphRequest(), check=True).changes

        assert [(change.kind, change.reason) for change in changes or ()] == [
            ("deprecated", "use web"),
            ("moved", "`1.1.0` was yanked: leaks"),
        ]

    def test_a_check_tells_of_other_content(self, world: World) -> None:
        publish(world.container, name="base")
        lock = graph(world, "base").lock
        altered = lock.packages["node_modules/base"].model_copy(update={"integrity": "sha512-other"})
        forged = lock.model_copy(update={"packages": {"node_modules/base": altered}})

        changes = world.container.graphing.again(forged, GraphRequest(), check=True).changes

        assert [change.kind for change in changes or ()] == ["integrity"]


@pytest.mark.parametrize("spec", ["file:../x", "github:a/b", "base/sub", "https://example.org/x.tgz"])
def test_a_root_that_no_registry_holds_is_refused(world: World, spec: str) -> None:
    with pytest.raises(InvalidSpec):
        graph(world, spec)
