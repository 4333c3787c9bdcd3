"""The deployment package, under AWS's own runtime client, does with LocalStack's bucket what it is deployed for."""

import urllib.request

from tests.runtime.deployed import Deployed
from tests.runtime.package import Unpacked
from tests.runtime.real import file_of, tarball_of, version_of


def test_it_publishes_a_real_package_resolves_it_and_answers_an_s3_event(deployed: Deployed) -> None:
    preact, ms = version_of("preact"), version_of("ms")

    published = deployed.publish("preact", tarball_of("preact"))
    resolved = deployed.send("GET", "/v1/resolve?spec=preact@%5E10&runtime=node")
    file = deployed.send("GET", resolved.json["url"])
    verdicts = deployed.announce(deployed.drop("upload-1", tarball_of("ms")))["verdicts"]
    dropped = deployed.send("GET", f"/v1/packages/ms/{ms}")

    assert (published.status, published.json["identifier"]["version"]) == (201, preact)
    assert (resolved.status, resolved.json["version"]) == (200, preact)
    assert file.body == file_of("preact", resolved.json["entryPath"])
    assert verdicts["prism/incoming/upload-1.tgz"]["status"] == "published"
    assert (dropped.status, dropped.json["manifest"]["name"]) == (200, "ms")


def test_a_tarball_is_fetched_from_the_bucket_itself(deployed: Deployed) -> None:
    deployed.publish("nanoid", tarball_of("nanoid"))

    redirect = deployed.send("GET", f"/v1/packages/nanoid/{version_of('nanoid')}.tgz")
    location = redirect.header("location")

    assert redirect.status == 302
    assert location is not None
    with urllib.request.urlopen(location, timeout=10) as answer:
        assert answer.read() == tarball_of("nanoid")


def test_another_process_sees_what_one_has_published(deployed: Deployed) -> None:
    deployed.publish("punycode", tarball_of("punycode"))

    seen = deployed.send("GET", "/v1/packages/punycode", to=deployed.start())

    assert seen.json["tags"]["latest"] == version_of("punycode")


def test_nothing_is_written_beside_the_code(deployed: Deployed, package: Unpacked) -> None:
    deployed.publish("is-odd", tarball_of("is-odd"))

    files = {str(path.relative_to(package.code)) for path in package.code.rglob("*") if path.is_file()}

    assert files == package.packed()
