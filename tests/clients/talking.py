"""A person at the terminal and in the browser: answers what a command asks, and fills in the form it points at."""

import os
import re
import select
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urljoin

from tests.clients.client import SECONDS, Client, Ran

_ADDRESS: Final = re.compile(r"https?://\S+\s")


class Conversation:
    """A command that is running and waits for somebody."""

    def __init__(self, client: Client, *arguments: str, cwd: Path) -> None:
        self._told = " ".join((client.name, *arguments))
        self._heard = ""
        self._process = subprocess.Popen(
            [*client.command(), *arguments],
            cwd=cwd,
            env=client.variables(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def until(self, sign: str) -> str:
        """Wait until the command has said something, and answer all that it has said so far."""
        deadline = time.monotonic() + SECONDS
        while sign not in self._heard:
            assert time.monotonic() < deadline, f"{self._told} never said {sign!r}\n{self._heard}"
            assert self._listen(), f"{self._told} ended before it said {sign!r}\n{self._heard}"
        return self._heard

    def say(self, line: str) -> None:
        """Type a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()

    def end(self) -> Ran:
        """Wait for the command's end."""
        deadline = time.monotonic() + SECONDS
        while self._listen():
            assert time.monotonic() < deadline, f"{self._told} does not end\n{self._heard}"
        self.close()
        return Ran(self._told, self._process.wait(), self._heard, "")

    def address(self) -> str:
        """Answer the address that the command tells a person to open."""
        before = self.until("Login at:").index("Login at:")
        while (found := _ADDRESS.search(self._heard, before)) is None:
            assert self._listen(), f"{self._told} named no address\n{self._heard}"
        return found[0].strip()

    def close(self) -> None:
        """Let go of a command that has ended, or end it."""
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait(SECONDS)
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()

    def _listen(self) -> bool:
        """Take in what is said next; tells whether there may be more."""
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], 1)
        if not readable:
            return True
        heard = os.read(self._process.stdout.fileno(), 1 << 16)
        self._heard += heard.decode()
        return bool(heard)


def converse(client: Client, *arguments: str, cwd: Path, answers: Sequence[tuple[str, str]]) -> Ran:
    """Run a command, answer each of its questions when it is asked, and wait for the end."""
    talk = Conversation(client, *arguments, cwd=cwd)
    for question, answer in answers:
        talk.until(question)
        talk.say(answer)
    return talk.end()


@dataclass
class Form(HTMLParser):
    """The first form of a page."""

    action: str | None = None
    method: str = "get"
    fields: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin to read."""
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the form and its fields."""
        told = dict(attrs)
        if tag == "form" and self.action is None:
            self.action, self.method = told.get("action") or "", (told.get("method") or "get").lower()
        elif tag == "input" and (name := told.get("name")):
            self.fields[name] = told.get("value") or ""


def open_page(url: str) -> tuple[int, str]:
    """Answer the status and the text of a page."""
    return _asked(urllib.request.Request(url))


def fill_in(url: str, **given: str) -> tuple[int, str]:
    """Fill in the form of a page and send it; answers the status and the text of what comes then."""
    status, page = open_page(url)
    form = Form()
    form.feed(page)
    assert status == 200, page
    assert form.action is not None, page
    assert form.method == "post", page
    assert given.keys() <= form.fields.keys(), (given, form.fields)
    body = urlencode(form.fields | given).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return _asked(urllib.request.Request(urljoin(url, form.action), body, kind, method="POST"))


def _asked(request: urllib.request.Request) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
