"""Signals: each is given for what it says, and not for what merely looks like it."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

from chalicelib.analyzers import signals
from chalicelib.analyzers.signals import MAX_OF_ONE_CODE, RULES
from chalicelib.domain.metadata import Signal
from chalicelib.domain.signals.inspection import MAX_SCANNED_BYTES, MAX_SCANNED_FILES
from tests.analyzers.pictures import Picture, subject

DOCS = Path(__file__).parents[2] / "docs" / "concepts" / "signals.md"
KEY = "A" * 64


def found(picture: Picture) -> list[Signal]:
    value = signals.analyze(subject({"package.json": {"name": "demo", "version": "1.0.0"}, **picture})).value
    assert isinstance(value, list)
    return value


def codes(picture: Picture) -> set[str]:
    return {signal.code for signal in found(picture)}


def only(code: str, picture: Picture) -> Signal:
    (signal,) = [signal for signal in found(picture) if signal.code == code]
    return signal


def declaring(**fields: Any) -> dict[str, Any]:
    return {"package.json": {"name": "demo", "version": "1.0.0", "license": "MIT", **fields}}


def code(text: str) -> dict[str, str]:
    return {"index.js": text}


GIVEN: Mapping[str, Mapping[str, Picture]] = {
    "install_script": {
        "preinstall": declaring(scripts={"preinstall": "node x.js"}),
        "install": declaring(scripts={"install": "node-gyp rebuild"}),
        "postinstall": declaring(scripts={"postinstall": "node x.js"}),
    },
    "implicit_install": {
        "a binding.gyp": {"binding.gyp": "{}"},
        "with a postinstall": {**declaring(scripts={"postinstall": "true"}), "binding.gyp": "{}"},
    },
    "manifest_confusion": {
        "another version": declaring(version="2.0.0"),
        "no version": {"package.json": '{"name": "demo"}'},
        "a key twice": {"package.json": '{"name": "demo", "version": "1.0.0", "name": "demo"}'},
        "a script twice": {
            "package.json": '{"name": "demo", "version": "1.0.0", "scripts": {"test": "a", "test": "b"}}'
        },
    },
    "git_dependency": {
        "an address": declaring(dependencies={"a": "git+https://example.com/a.git"}),
        "a shorthand": declaring(dependencies={"a": "owner/project"}),
        "an optional one": declaring(optionalDependencies={"a": "github:owner/project"}),
    },
    "url_dependency": {"an address": declaring(dependencies={"a": "https://example.com/a.tgz"})},
    "file_dependency": {
        "file": declaring(dependencies={"a": "file:../a"}),
        "link": declaring(dependencies={"a": "link:../a"}),
        "a path": declaring(dependencies={"a": "../a"}),
    },
    "workspace_dependency": {"workspace": declaring(dependencies={"a": "workspace:*"})},
    "unbounded_dependency": {
        "star": declaring(dependencies={"a": "*"}),
        "empty": declaring(dependencies={"a": ""}),
        "latest": declaring(dependencies={"a": "latest"}),
    },
    "invalid_dependency": {
        "null": declaring(dependencies={"a": None}),
        "a list": declaring(devDependencies=["a"]),
    },
    "bin_shadows_command": {
        "a shell command": {**declaring(bin={"ls": "x.js"}), "x.js": ""},
        "below a scope": {**declaring(bin={"@a/git": "x.js"}), "x.js": ""},
    },
    "bin_missing": {"a file that is not there": declaring(bin={"demo": "./cli.js"})},
    "marked_private": {"private": declaring(private=True)},
    "no_licence": {"nothing": {"package.json": {"name": "demo", "version": "1.0.0"}}},
    "platform_restricted": {"os": declaring(os=["linux"]), "cpu": declaring(cpu=["!arm64"])},
    "secret": {
        "an npm token in .npmrc": {".npmrc": f"//registry.example.com/:_authToken={KEY[:36]}"},
        "a token of that shape in code": code(f"const token = 'npm_{KEY[:36]}'"),
        "a private key": {"server.pem": f"-----BEGIN RSA PRIVATE KEY-----\n{KEY}\n"},
        "a private key in code": code(f'k = "-----BEGIN PRIVATE KEY-----\\n{KEY}"'),
        "a cloud key": code("const id = 'AKIA0123456789ABCDEF'"),
    },
    "credentials_file": {
        ".npmrc": {".npmrc": "save-exact=true"},
        ".env": {"config/.env": ""},
        ".env of a stage": {".env.production": ""},
        "a private key": {"id_rsa": ""},
        "a certificate": {"certs/server.pem": ""},
    },
    "version_control": {"git": {".git/config": ""}, "deeper": {"vendor/.hg/store": ""}},
    "native_code": {
        "an addon": {"build/Release/addon.node": b"\x7fELF"},
        "a library": {"lib/libx.so.1": b""},
        "a program": {"bin/tool.EXE": b""},
    },
    "web_assembly": {"wasm": {"x.wasm": b"\0asm"}},
    "shrinkwrap": {"shrinkwrap": {"npm-shrinkwrap.json": "{}"}},
    "bundled_packages": {"node_modules": {"node_modules/a/index.js": ""}},
    "obfuscated_code": {
        "mangled names": code("".join(f"var _0x{number:06x}=1;" for number in range(20))),
        "escaped text": code("x='" + "\\x61" * 40 + "'"),
    },
    "hidden_characters": {
        "a reordering one": code("// \u202e gnp.exe"),
        "an isolate": code("// \u2066 x"),
        "invisible ones": code("x = '" + "\U000e0101" * 8 + "'"),
    },
    "uses_eval": {
        "eval": code("eval(text)"),
        "with a space": code("x = eval (text)"),
        "Function": code("var root = Function('return this')()"),
        "new Function": code("new Function('a', body)"),
        "vm": code("import vm from 'node:vm'"),
    },
    "shell_access": {
        "require": code("require('child_process').exec('ls')"),
        "import": code('import { spawn } from "node:child_process"'),
        "a dynamic import": code("await import(`child_process`)"),
        "minified": code('import{exec as e}from"child_process"'),
        "getBuiltinModule": code("process.getBuiltinModule('child_process')"),
        "Deno": code("new Deno.Command('ls')"),
        "Bun": code("Bun.spawn(['ls'])"),
    },
    "network_access": {
        "https": code("require('https')"),
        "fetch": code("await fetch(address)"),
        "a socket": code("new WebSocket(address)"),
    },
    "filesystem_access": {
        "fs": code("require('fs')"),
        "promises": code("import 'node:fs/promises'"),
        "Deno": code("Deno.readTextFile(path)"),
    },
    "environment_access": {
        "a variable": code("process.env.HOME"),
        "all": code("Object.keys(process.env)"),
        "Deno": code("Deno.env.get('HOME')"),
    },
    "dynamic_import": {
        "a variable": code("require(name)"),
        "a sum": code("require('./locale/' + name)"),
        "a template": code("import(`./locale/${name}.js`)"),
    },
    "encoded_blob": {"base64": code(f"const data = '{'Ab0+' * 512}=='")},
    "minified_code": {"one line": code("var a=1;" * 200)},
    "scan_truncated": {
        "many files": {f"{number}.js": "" for number in range(MAX_SCANNED_FILES + 1)} | code("x")
    },
}

WITHHELD: Mapping[str, Mapping[str, Picture]] = {
    "install_script": {
        "scripts for developers": declaring(scripts={"prepare": "tsc", "test": "x", "preinstallx": "x"}),
        "an empty script": declaring(scripts={"install": " "}),
        "scripts that are no object": declaring(scripts="install"),
    },
    "implicit_install": {
        "an install script of its own": {**declaring(scripts={"install": "true"}), "binding.gyp": "{}"},
        "gypfile false": {**declaring(gypfile=False), "binding.gyp": "{}"},
        "not at the root": {"deps/binding.gyp": "{}"},
    },
    "manifest_confusion": {
        "a loose version": declaring(version="v1.0.0"),
        "a byte-order mark": {"package.json": '\ufeff{"name": "demo", "version": "1.0.0"}'.encode()},
        "one key in two objects": {
            "package.json": '{"name": "demo", "version": "1.0.0", "one": {"a": "1"}, "two": {"a": "1"}}'
        },
    },
    "git_dependency": {"for developers": declaring(devDependencies={"a": "owner/project"})},
    "url_dependency": {"a range": declaring(dependencies={"a": "^1.0.0"})},
    "file_dependency": {"a range": declaring(dependencies={"a": "1.x"})},
    "workspace_dependency": {"for developers": declaring(devDependencies={"a": "workspace:*"})},
    "unbounded_dependency": {
        "a peer": declaring(peerDependencies={"a": "*"}),
        "a lower bound": declaring(dependencies={"a": ">=2"}),
    },
    "bin_shadows_command": {"its own name": {**declaring(bin="x.js"), "x.js": ""}},
    "bin_missing": {
        "a file that is there": {**declaring(bin={"demo": "./cli.js"}), "cli.js": ""},
        "a winding path": {**declaring(bin={"demo": "lib/../cli.js"}), "cli.js": ""},
    },
    "marked_private": {"false": declaring(private=False)},
    "no_licence": {"declared": declaring(), "included": {"LICENSE": "…"}},
    "secret": {
        "a token from the environment": {".npmrc": "//registry.example.com/:_authToken=${NPM_TOKEN}"},
        "a comment": {".npmrc": "# _password=correct-horse"},
        "code that knows the form of keys": code('key.startsWith("-----BEGIN PRIVATE KEY-----")'),
        "a password in code": code("this._password = credentials.password"),
        "the cloud's own example": code("const id = 'AKIAIOSFODNN7EXAMPLE'"),
    },
    "credentials_file": {
        "an example": {".env.example": ""},
        "types of the environment": {"env.d.ts": ""},
        "a public part of a name": {"lib/keys.js": "", "monkey.txt": ""},
    },
    "version_control": {"a file beside": {".gitignore": "", ".github/x.yml": ""}},
    "native_code": {"a module's name": {"lib/node.js": "", "also.json": ""}},
    "bundled_packages": {"a like name": {"my_node_modules/a.js": ""}},
    "obfuscated_code": {
        "a few hex numbers": code("var _0xabc = 0xabc"),
        "a few escapes": code(r"x = '\x1b[0m\u00e4\u00f6'"),
    },
    "hidden_characters": {"letters and signs": code("// naïve — “quoted” … 👍🏽")},
    "uses_eval": {
        "another name": code("medieval(x); evaluate(x); a.eval(x); isFunction(x)"),
        "a function": code("function x() {}"),
        "the type in a comment": code("/** @param {Function(offset: number) => void} x */"),
    },
    "shell_access": {
        "a word": code("// child_process is not used"),
        "a package": code("require('cross-spawn-x')"),
    },
    "network_access": {"a method": code("store.fetch(x); prefetch(y)"), "a protocol": code("x === 'http'")},
    "filesystem_access": {"a like name": code("require('offs'); import './fs'")},
    "environment_access": {"the mode": code("if (process.env.NODE_ENV !== 'production') x()")},
    "dynamic_import": {"text": code("require('a'); import('b'); require(`c`)")},
    "encoded_blob": {"a word": code("const data = 'Ab0+'")},
    "minified_code": {"short lines": code("var a = 1;\n" * 200)},
    "scan_truncated": {"few files": code("x")},
}


def cases(table: Mapping[str, Mapping[str, Picture]]) -> list[Any]:
    return [
        pytest.param(name, picture, id=f"{name}: {case}")
        for name, pictures in table.items()
        for case, picture in pictures.items()
    ]


@pytest.mark.parametrize(("name", "picture"), cases(GIVEN))
def test_a_signal_is_given(name: str, picture: Picture) -> None:
    assert name in codes(picture)


@pytest.mark.parametrize(("name", "picture"), cases(WITHHELD))
def test_a_signal_is_withheld(name: str, picture: Picture) -> None:
    assert name not in codes(picture)


def test_every_signal_has_a_case() -> None:
    assert list(GIVEN) == [rule.code for rule in RULES]


def test_codes_are_unique_and_in_snake_case() -> None:
    names = [rule.code for rule in RULES]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in names)


def test_the_page_lists_every_signal_as_the_code_has_it() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.+) \|$", DOCS.read_text("utf-8"), re.MULTILINE)
    assert rows == [(rule.code, rule.severity, rule.meaning) for rule in RULES]


def test_the_page_tells_the_limits_as_the_code_has_them() -> None:
    text = DOCS.read_text("utf-8")
    assert f"at most {MAX_SCANNED_FILES} of them" in text
    assert f"{MAX_SCANNED_BYTES // 2**20} MiB together" in text.replace("\n", " ")
    assert f"at most {MAX_OF_ONE_CODE} times" in text


def test_a_harmless_package_gives_no_signal() -> None:
    picture = {**declaring(type="module"), "index.js": "export const one = 1\n", "LICENSE": "…"}
    assert found(picture) == []
    assert signals.analyze(subject(picture)).verdict == "nothing to warn of"


def test_the_verdict_counts_what_needs_attention() -> None:
    picture = {**declaring(scripts={"postinstall": "node x.js"}), "index.js": "eval(x) // \u202e"}
    assert signals.analyze(subject(picture)).verdict == "1 danger, 2 warning"


def test_a_signal_tells_the_file_and_how_many_there_are() -> None:
    signal = only("uses_eval", {"b.js": "eval(x)", "a.js": "eval(x)", "c.js": "1"})
    assert (signal.path, signal.detail) == ("a.js", "seen in 2 files")


def test_a_script_is_quoted_on_one_line_and_not_in_full() -> None:
    script = "echo one\necho " + "x" * 500
    detail = only("install_script", declaring(scripts={"install": script})).detail
    assert "echo one echo" in detail
    assert len(detail) < 220


def test_a_secret_is_not_repeated() -> None:
    token = f"npm_{KEY[:36]}"
    told = json.dumps([signal.to_json_value() for signal in found(code(f"x = '{token}'"))])
    assert '"secret"' in told
    assert token not in told


def test_one_code_is_given_a_limited_number_of_times() -> None:
    many = declaring(dependencies={f"a{number}": "*" for number in range(MAX_OF_ONE_CODE * 2)})
    assert sum(signal.code == "unbounded_dependency" for signal in found(many)) == MAX_OF_ONE_CODE


def test_what_runs_when_installing_is_scanned_before_all_else() -> None:
    crowd = {f"{number:04}.js": "" for number in range(MAX_SCANNED_FILES)}
    picture = {
        **declaring(scripts={"postinstall": "node ./z/deep/setup.js"}),
        **crowd,
        "z/deep/setup.js": "eval(x)",
    }
    assert only("uses_eval", picture).path == "z/deep/setup.js"


def test_entries_are_scanned_before_other_files() -> None:
    crowd = {f"{number:04}.js": "" for number in range(MAX_SCANNED_FILES)}
    picture = {
        **declaring(exports={".": {"import": "./z/deep/main.mjs"}}),
        **crowd,
        "z/deep/main.mjs": "eval(x)",
    }
    assert only("uses_eval", picture).path == "z/deep/main.mjs"


def test_the_scan_says_what_it_left_out() -> None:
    picture = {
        **declaring(main="a.js"),
        "a.js": "x" * (MAX_SCANNED_BYTES - 1),
        "b.js": "12",
        "c.js": "eval(x)",
    }
    assert (
        only("scan_truncated", picture).detail
        == f"{MAX_SCANNED_BYTES} bytes in 2 of 3 code files were scanned"
    )
    assert "uses_eval" not in codes(picture)


@pytest.mark.parametrize(
    "package_json",
    [
        pytest.param({"bin": [1], "scripts": [2], "os": "linux", "gypfile": {}}, id="wrong kinds"),
        pytest.param({"bin": {"": "", "a": None, "b": "../../x"}}, id="strange commands"),
        pytest.param({"exports": [[[{"a": None}]]], "main": 7, "imports": {"#a": []}}, id="strange entries"),
        pytest.param({"dependencies": 7, "peerDependenciesMeta": []}, id="strange dependencies"),
    ],
)
def test_a_package_json_of_any_shape_is_looked_at(package_json: dict[str, Any]) -> None:
    assert isinstance(found(declaring(**package_json)), list)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import" + " " * 1_000_000, id="spaces after a word"),
        pytest.param("require(" + " " * 1_000_000, id="spaces in a call"),
        pytest.param("'" * 1_000_000, id="quotes"),
        pytest.param("require('" * 100_000, id="calls that never close"),
        pytest.param("import(`" * 100_000, id="templates that never close"),
        pytest.param("'" + "A" * 1_000_000, id="a text that never closes"),
        pytest.param("\\x61" * 39 + "\n" + ("\\x61" * 39 + "\n") * 5_000, id="escapes that are too few"),
        pytest.param(
            "-----BEGIN A PRIVATE KEY-----" + "+" * 39 + "," * 1_000_000, id="a key that never comes"
        ),
        pytest.param("eval" + " " * 1_000_000 + "eval", id="spaces after eval"),
    ],
)
def test_no_text_makes_the_scan_slow(text: str) -> None:
    start = perf_counter()
    found(code(text))
    # A megabyte takes about 30 ms; time with the square of the size would be minutes.
    assert perf_counter() - start < 5
