"""The page of a bucket: plain, without scripts, and safe from what senders write."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from chalicelib.api.send.html import left_text, size_text
from tests.api.callers import Received
from tests.api.send.registries import Bucket, Sender
from tests.worlds import memory_world

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
FORM = {"Content-Type": "application/x-www-form-urlencoded", **BROWSER}
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;"


class Elements(HTMLParser):
    """What a browser makes of a page: its elements and its text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Answer the attributes of all elements of a name."""
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture
def sender() -> Sender:
    return Sender(memory_world())


def page_of(bucket: Bucket, **headers: str) -> tuple[Received, Elements]:
    got = bucket.sender.ask("GET", f"/s/{bucket.sid}", headers={**BROWSER, **headers})
    return got, Elements(got.body.decode())


def test_a_page_lists_the_files_and_links_to_them(sender: Sender) -> None:
    bucket = sender.bucket(comment="Two for you", retention=3 * 24 * 3600)
    first, second = bucket.add(b"x" * 2048, "a b.txt"), bucket.add(b"y", "é.bin")

    got, page = page_of(bucket)

    assert (got.status, got.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert all(text in page.text for text in ("2 files", "2.0 KiB", "1 byte", "Two for you", "3 days"))
    links = [link["href"] for link in page.all("a")]
    root = f"http://registry.example/s/{bucket.sid}"
    assert f"{root}/{first.uuid}/a%20b.txt" in links
    assert f"{root}/{second.uuid}/%C3%A9.bin" in links
    assert f"{root}/archive" in links
    assert sender.ask("GET", links[0].removeprefix("http://registry.example")).body == b"x" * 2048  # type: ignore[union-attr]


def test_a_page_that_was_opened_with_a_pass_brings_it_along(sender: Sender) -> None:
    bucket = sender.bucket(password="hush")
    bucket.add(b"x", "a.txt")
    bucket.add(b"y", "b.txt")
    listed = bucket.list(**{"x-download-pass": "hush"}).json
    query = listed["files"][0]["url"].partition("?")[2]

    got = sender.ask("GET", f"/s/{bucket.sid}?{query}", headers=BROWSER)

    links = [link["href"] or "" for link in Elements(got.body.decode()).all("a")]
    assert len(links) == 3
    for link in links:
        address = link.removeprefix("http://registry.example")
        assert sender.ask("GET", address, headers=BROWSER).status == 200


def test_a_page_needs_nothing_from_elsewhere_and_runs_nothing(sender: Sender) -> None:
    bucket = sender.bucket()
    bucket.add(b"x")

    got, page = page_of(bucket)

    policy = got.headers["content-security-policy"]
    style = re.search(r"<style>(.*?)</style>", got.body.decode(), re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")
    assert "frame-ancestors 'none'" in policy
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in page.found}
    assert not any(
        name.startswith("on") or name == "style" for _, attributes in page.found for name in attributes
    )
    assert got.headers["referrer-policy"] == "no-referrer"
    assert got.headers["cache-control"] == "no-store"
    assert got.headers["x-robots-tag"].startswith("noindex")
    assert "access-control-allow-origin" not in got.headers


def test_what_senders_write_is_text_and_nothing_else(sender: Sender) -> None:
    bucket = sender.bucket(comment=HOSTILE)
    bucket.add(b"x", HOSTILE, "text/html")
    bucket.add(b"x", "javascript:alert(1)", "text/html")

    _, page = page_of(bucket)

    assert not {"script", "img"} & {tag for tag, _ in page.found}
    assert HOSTILE in page.text
    assert all(str(link["href"]).startswith("http://registry.example/s/") for link in page.all("a"))


def test_a_password_is_asked_for_and_opens_the_page_for_a_browser(sender: Sender) -> None:
    bucket = sender.bucket(password="päss wörd")
    fid = bucket.add(b"hello")
    address = f"/s/{bucket.sid}"
    asked, form = page_of(bucket)

    wrong = sender.ask_form(address, b"password=nonsense", FORM)
    right = sender.ask_form(address, "password=päss+wörd".encode(), FORM)
    cookie = right.headers["set-cookie"]
    crumb = cookie.partition(";")[0]
    shown, page = page_of(bucket, Cookie=f"other=1; {crumb}")

    assert asked.status == 401
    assert form.all("form") == [{"method": "post", "action": address}]
    assert fid.uuid not in asked.body.decode() + wrong.body.decode()
    assert (wrong.status, "set-cookie" in wrong.headers) == (401, False)
    assert "Try again" in Elements(wrong.body.decode()).text
    assert (right.status, right.headers["location"]) == (303, address)
    assert f"Path={address};" in cookie
    assert "HttpOnly; SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert shown.status == 200
    link = str(page.all("a")[0]["href"]).removeprefix("http://registry.example")
    assert sender.ask("GET", link, headers=BROWSER).status == 401
    assert sender.ask("GET", link, headers={**BROWSER, "Cookie": crumb}).body == b"hello"


def test_a_cookie_stays_with_secure_connections_where_it_came_by_one(sender: Sender) -> None:
    bucket = sender.bucket(password="x")

    entered = sender.ask_form(f"/s/{bucket.sid}", b"password=x", {**FORM, "X-Forwarded-Proto": "https"})

    assert entered.headers["set-cookie"].endswith("; Secure")


def test_what_goes_wrong_is_a_page_for_browsers_and_a_problem_for_programs(sender: Sender) -> None:
    bucket = sender.bucket(downloads=1)
    path = bucket.path(bucket.add(b"x"))
    assert sender.ask("GET", path).status == 200

    unknown = sender.ask("GET", "/s/abcdefabcdef", headers=BROWSER)
    spent = sender.ask("GET", path, headers=BROWSER)

    assert (unknown.status, unknown.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert spent.status == 410
    assert "could be downloaded once" in Elements(spent.body.decode()).text
    assert sender.ask("GET", path).headers["content-type"] == "application/problem+json"


def test_a_file_that_is_spent_has_no_link(sender: Sender) -> None:
    bucket = sender.bucket(downloads=1)
    path = bucket.path(bucket.add(b"x"))
    assert "can be downloaded once" in page_of(bucket)[1].text
    sender.ask("GET", path)

    _, page = page_of(bucket)

    assert "downloaded already" in page.text
    assert page.all("a") == []


def test_an_empty_bucket_says_so(sender: Sender) -> None:
    assert "No files yet" in page_of(sender.bucket())[1].text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1023 bytes"),
        (1024, "1.0 KiB"),
        (1048575, "1.0 MiB"),
        (5 << 40, "5.0 TiB"),
    ],
)
def test_a_size_is_told_in_a_unit_of_its_own(size: int, text: str) -> None:
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 seconds"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (7200, "2 hours"),
        (172800, "2 days"),
    ],
)
def test_a_time_is_told_in_a_unit_of_its_own(seconds: int, text: str) -> None:
    assert left_text(seconds) == text
