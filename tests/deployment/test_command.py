"""The operators' command says what it can do, and fails with one sentence."""

from pathlib import Path

import pytest

from deployment.__main__ import EXAMPLES, main
from deployment.stage import CONFIG, read_config, read_stage, stage_names


def test_help_shows_an_example_of_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])

    told = capsys.readouterr().out
    commands = ["bucket", "deploy", "finish", "remove", "dead-letters", "package", "policies", "costs"]
    assert EXAMPLES.strip() in told
    assert all(f"python -m deployment {command}" in EXAMPLES for command in commands)


@pytest.mark.parametrize("line", [line.split("  ")[1] for line in EXAMPLES.splitlines()[1:]])
def test_the_examples_can_be_read(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*line.split()[3:], "--help"])

    assert ended.value.code == 0
    assert "usage: python -m deployment" in capsys.readouterr().out


def test_a_build_that_fails_says_what_chalice_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("deployment.build.CHALICE", "import sys; sys.exit('no such wheel')")
    monkeypatch.setattr("deployment.build.CACHE", tmp_path / "cache")

    assert main(["package", "terraform", "--stage", "dev", str(tmp_path)]) == 1

    assert capsys.readouterr().err.endswith("`chalice package` ended with 1\nno such wheel\n\n")


def test_every_stage_that_is_configured_can_be_read() -> None:
    config = read_config()

    assert stage_names() == list(config["stages"])
    for name in stage_names():
        stage = read_stage(name)
        assert (stage.name, stage.api_stage) == (name, name)
        assert set(stage.policy_files.values()) == {
            path.name for path in CONFIG.parent.glob(f"policy-{name}-*")
        }
        own = config["stages"][name]["lambda_functions"]
        assert {function: told["iam_policy_file"] for function, told in own.items()} == stage.policy_files


def test_no_deployed_stage_runs_open() -> None:
    for own in read_config()["stages"].values():
        assert own["environment_variables"]["PRISM_ACCESS"] == "token"
        assert own["environment_variables"]["PRISM_STAGE"] in stage_names()
