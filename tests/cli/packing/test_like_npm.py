"""What npm packs, Prism packs: the same files in the same order, in the same tar archive byte for byte."""

import gzip
import io
from pathlib import Path

import pytest

from chalicelib.cli.packing.package import pack_folder
from chalicelib.cli.packing.packlist import packlist
from tests.cli.packing.npm_oracle import NpmAnswer, npm_packs
from tests.cli.packing.trees import Link, Picture, build

NAMED = {"name": "widget", "version": "1.0.0"}

PROJECTS: dict[str, Picture] = {
    "no-rules": {
        "package.json": NAMED,
        "index.js": "1",
        "lib/a.js": "2",
        "lib/deep/er/b.js": "3",
        "test/t.js": "4",
        ".env": "SECRET=1",
        ".hidden/x": "5",
    },
    "always-out": {
        "package.json": NAMED,
        "index.js": "",
        ".git/HEAD": "",
        "lib/.git/HEAD": "",
        ".svn/entries": "",
        ".hg/x": "",
        "CVS/Root": "",
        "src/CVS/Root": "",
        ".npmrc": "",
        "lib/.npmrc": "",
        "package-lock.json": "{}",
        "npm-shrinkwrap.json": "{}",
        "lib/package-lock.json": "{}",
        "yarn.lock": "",
        "pnpm-lock.yaml": "",
        "bun.lockb": "",
        "bun.lock": "",
        ".DS_Store": "",
        "lib/.DS_Store": "",
        "a.js.orig": "",
        ".a.js.swp": "",
        "._a": "",
        "npm-debug.log": "",
        ".lock-wscript": "",
        ".wafpickle-7": "",
        "build/config.gypi": "",
        "archived-packages/x": "",
        "node_modules/dep/index.js": "",
        "lib/node_modules/dep/index.js": "",
    },
    "always-in": {
        "package.json": {**NAMED, "files": ["lib"], "main": "main.js", "browser": "web.js", "bin": "cli.js"},
        "README.MD": "",
        "readme": "",
        "ReadMe.markdown": "",
        "README.md~": "",
        "readme.d/x": "",
        "LICENSE": "",
        "Licence.txt": "",
        "LICENSE-MIT": "",
        "COPYING": "",
        "copying.lesser": "",
        "CHANGELOG.md": "",
        "main.js": "",
        "web.js": "",
        "cli.js": "",
        "other.js": "",
        "lib/a.js": "",
        "lib/README.md": "",
    },
    "entry-points-outside-files": {
        "package.json": {
            **NAMED,
            "files": ["lib"],
            "main": "./dist/main.js",
            "bin": {"a": "./bin/a.js", "b": "b.js"},
        },
        "dist/main.js": "",
        "dist/other.js": "",
        "bin/a.js": "",
        "bin/c.js": "",
        "b.js": "",
        "lib/x.js": "",
    },
    "bin-folder": {
        "package.json": {**NAMED, "files": ["lib"], "directories": {"bin": "./bin"}},
        "bin/a.js": "",
        "bin/b/c.js": "",
        "bin/.hidden": "",
        "lib/x.js": "",
    },
    "browser-object": {
        "package.json": {**NAMED, "files": ["lib"], "browser": {"./a.js": "./b.js"}},
        "a.js": "",
        "b.js": "",
        "b": "",
        "e": "",
        "x": "",
        "lib/x.js": "",
    },
    "files-globs": {
        "package.json": {
            **NAMED,
            "files": ["lib/**/*.js", "types/*.d.ts", "{a,b}.json", "dist", "/data/", "./docs/*"],
        },
        "lib/a.js": "",
        "lib/a.ts": "",
        "lib/x/y/b.js": "",
        "types/a.d.ts": "",
        "types/x/b.d.ts": "",
        "a.json": "",
        "b.json": "",
        "c.json": "",
        "dist/x/a.css": "",
        "data/1.bin": "",
        "docs/a.md": "",
        "docs/b/c.md": "",
        "x/lib/a.js": "",
    },
    "files-negation": {
        "package.json": {**NAMED, "files": ["lib", "!lib/**/*.test.js", "!**/*.map", "lib/keep.test.js"]},
        "lib/a.js": "",
        "lib/a.js.map": "",
        "lib/a.test.js": "",
        "lib/x/b.test.js": "",
        "lib/keep.test.js": "",
    },
    "files-beats-root-ignore-files": {
        "package.json": {**NAMED, "files": ["lib"]},
        ".npmignore": "lib/a.js\n",
        ".gitignore": "lib\n",
        "lib/a.js": "",
        "lib/.npmignore": "b.js\n",
        "lib/b.js": "",
        "lib/.gitignore": "a.js\n",
    },
    "files-names-a-file-that-is-ignored-below": {
        "package.json": {**NAMED, "files": ["lib", "lib/a.js", "lib/x/b.js"]},
        "lib/.npmignore": "*\n",
        "lib/a.js": "",
        "lib/c.js": "",
        "lib/x/.npmignore": "*\n",
        "lib/x/b.js": "",
    },
    "files-empty": {"package.json": {**NAMED, "files": []}, "index.js": "", "README": ""},
    "files-everything": {
        "package.json": {**NAMED, "files": ["*"]},
        "a.js": "",
        "lib/b.js": "",
        ".x": "",
        ".npmrc": "",
    },
    "files-dot": {"package.json": {**NAMED, "files": ["."]}, "a.js": "", "lib/b.js": ""},
    "npmignore-nested": {
        "package.json": NAMED,
        ".npmignore": "# tests\ntest/\n*.log\n!important.log\n\n/only-root.js\n",
        "test/a.js": "",
        "lib/test/b.js": "",
        "x.log": "",
        "important.log": "",
        "only-root.js": "",
        "lib/only-root.js": "",
        "lib/.npmignore": "!kept.log\nsecret.js\n",
        "lib/kept.log": "",
        "lib/secret.js": "",
        "lib/open.js": "",
    },
    "gitignore-fallback": {
        "package.json": NAMED,
        ".gitignore": "dist\n*.tmp\n",
        "dist/a.js": "",
        "src/a.ts": "",
        "a.tmp": "",
        "src/.gitignore": "gen\n",
        "src/gen/x.ts": "",
    },
    "npmignore-replaces-gitignore": {
        "package.json": NAMED,
        ".gitignore": "dist\n",
        ".npmignore": "src\n",
        "dist/a.js": "",
        "src/a.ts": "",
    },
    "npmignore-empty": {"package.json": NAMED, ".gitignore": "dist\n", ".npmignore": "", "dist/a.js": ""},
    "ignore-file-forms": {
        "package.json": NAMED,
        ".npmignore": "\ufeffbom.js\r\n  spaced.js  \r\n#comment.js\n\\#hash.js\n"
        "!\\!bang.js\n[ab].js\n?.md\nv{1..3}.txt\n",
        "bom.js": "",
        "spaced.js": "",
        "comment.js": "",
        "#comment.js": "",
        "#hash.js": "",
        "!bang.js": "",
        "a.js": "",
        "c.js": "",
        "x.md": "",
        "xy.md": "",
        "v2.txt": "",
        "v4.txt": "",
    },
    "links": {
        "package.json": {**NAMED, "files": ["lib", "linked.js", "folder"]},
        "real.js": "",
        "linked.js": Link("real.js"),
        "lib/a.js": "",
        "lib/b.js": Link("a.js"),
        "lib/broken": Link("nowhere"),
        "folder": Link("lib"),
    },
    "names": {
        "package.json": NAMED,
        "ünïcödé.js": "",
        "日本語.txt": "",
        "😀.js": "",
        "@scope/x.js": "",
        "@a": "",
        "with space.js": "",
        "star*.js": "",
        "star*/x.js": "",
        "A.JS": "",
        "b.Js": "",
        "a_b-c.js": "",
        ".dotted.js": "",
        "no-extension": "",
        "trailing.": "",
        "l" * 90 + "/" + "m" * 20 + ".js": "",
        "p" * 80 + "/" + "q" * 80 + "/r.js": "",
        "s" * 120 + ".js": "",
        "t" * 200 + "/" + "u" * 120 + ".js": "",
        "é" * 60 + ".js": "",
    },
    "bundled": {
        "package.json": {
            **NAMED,
            "dependencies": {"a": "1", "b": "1", "@s/c": "1", "gone": "1"},
            "devDependencies": {"dev": "1"},
            "bundleDependencies": ["a", "@s/c", "dev", "gone", "unlisted"],
        },
        "index.js": "",
        "node_modules/a/package.json": {
            "name": "a",
            "version": "1.0.0",
            "dependencies": {"need": "1", "own": "1", "b": "1"},
            "optionalDependencies": {"maybe": "1", "absent": "1"},
            "devDependencies": {"dev": "1"},
            "files": ["lib"],
        },
        "node_modules/a/lib/a.js": "",
        "node_modules/a/src/a.ts": "",
        "node_modules/a/.DS_Store": "",
        "node_modules/a/lib/x.orig": "",
        "node_modules/a/node_modules/own/package.json": {"name": "own", "version": "1.0.0"},
        "node_modules/a/node_modules/own/o.js": "",
        "node_modules/a/node_modules/own/.npmignore": "o.js",
        "node_modules/a/node_modules/own/y.orig": "",
        "node_modules/a/node_modules/stray/package.json": {"name": "stray", "version": "1.0.0"},
        "node_modules/b/package.json": {"name": "b", "version": "1.0.0"},
        "node_modules/b/b.js": "",
        "node_modules/need/package.json": {"name": "need", "version": "1.0.0", "dependencies": {"a": "1"}},
        "node_modules/need/n.js": "",
        "node_modules/maybe/package.json": {"name": "maybe", "version": "1.0.0"},
        "node_modules/maybe/m.js": "",
        "node_modules/dev/package.json": {"name": "dev", "version": "1.0.0"},
        "node_modules/unlisted/package.json": {"name": "unlisted", "version": "1.0.0"},
        "node_modules/@s/c/package.json": {"name": "@s/c", "version": "1.0.0"},
        "node_modules/@s/c/lib/c.js": "",
        "node_modules/@s/c/lib/.npmignore": "d.js",
        "node_modules/@s/c/lib/d.js": "",
        "node_modules/.bin/a": "",
    },
    "bundled-all": {
        "package.json": {**NAMED, "dependencies": {"a": "1"}, "bundledDependencies": True, "files": ["lib"]},
        "lib/x.js": "",
        "node_modules/a/package.json": {"name": "a", "version": "1.0.0"},
        "node_modules/a/a.js": "",
        "node_modules/b/package.json": {"name": "b", "version": "1.0.0"},
    },
    "bundled-link": {
        "package.json": {**NAMED, "dependencies": {"a": "file:a"}, "bundleDependencies": ["a"]},
        "index.js": "",
        "a/package.json": {"name": "a", "version": "1.0.0", "dependencies": {"b": "1"}},
        "a/a.js": "",
        "a/x.orig": "",
        "a/.npmignore": "secret.js",
        "a/secret.js": "",
        "a/node_modules/b/package.json": {"name": "b", "version": "1.0.0"},
        "node_modules/a": Link("../a"),
    },
    "workspaces": {
        "package.json": {**NAMED, "workspaces": ["packages/*"]},
        ".npmignore": "*.log\n",
        "index.js": "",
        "x.log": "",
        "packages/a/package.json": {"name": "a", "version": "1.0.0"},
        "packages/a/a.js": "",
        "packages/a/.npmignore": "a.js",
        "plain/package.json": {"name": "plain"},
        "plain/p.js": "",
        "plain/.npmignore": "p.js",
        "other/.npmignore": "o.js",
        "other/o.js": "",
    },
    "packlike-monorepo-without-workspaces": {
        "package.json": NAMED,
        "packages/a/package.json": {"name": "a", "files": ["lib"]},
        "packages/a/lib/a.js": "",
        "packages/a/src/a.ts": "",
    },
}

Answers = dict[str, tuple[Path, NpmAnswer]]


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    base = tmp_path_factory.mktemp("projects")
    folders = [build(base / name, picture) for name, picture in PROJECTS.items()]
    for folder in folders:
        (folder / "package.json").chmod(0o664)
        for file in folder.rglob("*.js"):
            if file.is_file() and not file.is_symlink() and file.name.startswith(("a", "cli")):
                file.chmod(0o777)
    answers = npm_packs(folders, tarballs=True)
    return dict(zip(PROJECTS, zip(folders, answers, strict=True), strict=True))


@pytest.mark.parametrize("name", PROJECTS)
def test_the_list_is_npms(projects: Answers, name: str) -> None:
    folder, npm = projects[name]

    assert packlist(folder) == npm.files


@pytest.mark.parametrize("name", PROJECTS)
def test_the_archive_is_npms_byte_for_byte(projects: Answers, name: str) -> None:
    folder, npm = projects[name]
    target = io.BytesIO()

    pack_folder(folder, target)

    assert gzip.decompress(target.getvalue()) == npm.tar
