"""The evaluator of policies says what IAM says."""

import pytest

from tests.deployment.iam import Call, Need, allowing, matches, needs

READ = Need("s3:GetObject", "arn:aws:s3:::bucket/prism/heads/demo.json")


def policy(*statements: dict[str, object]) -> dict[str, object]:
    """Make a policy; a statement allows unless it says otherwise."""
    return {"Statement": [{"Sid": str(n), "Effect": "Allow", **told} for n, told in enumerate(statements)]}


def listing(prefix: str | None) -> Need:
    """Make the need to list a prefix."""
    context = () if prefix is None else (("s3:prefix", prefix),)
    return Need("s3:ListBucket", "arn:aws:s3:::bucket", context)


@pytest.mark.parametrize(
    ("action", "resource", "allowed"),
    [
        pytest.param("s3:GetObject", "arn:aws:s3:::bucket/prism/heads/*", True, id="a prefix"),
        pytest.param("S3:getobject", "arn:aws:s3:::bucket/prism/heads/*", True, id="actions in any case"),
        pytest.param("s3:*", "*", True, id="everything"),
        pytest.param("s3:GetObject", "arn:aws:s3:::bucket/prism/heads/dem?.json", True, id="one character"),
        pytest.param("s3:GetObject", "arn:aws:s3:::bucket/PRISM/heads/*", False, id="keys in their case"),
        pytest.param("s3:GetObject", "arn:aws:s3:::bucket", False, id="the bucket is not its objects"),
        pytest.param("s3:GetObject", "arn:aws:s3:::bucket/prism/heads/", False, id="no star"),
        pytest.param("s3:Get", "*", False, id="part of an action"),
    ],
)
def test_actions_and_resources_are_patterns(action: str, resource: str, allowed: bool) -> None:
    said = policy({"Action": action, "Resource": resource})

    assert bool(allowing(said, READ)) is allowed


def test_what_is_denied_is_not_allowed_by_anything_else() -> None:
    said = policy(
        {"Action": "s3:*", "Resource": "*"}, {"Effect": "Deny", "Action": "s3:Get*", "Resource": "*"}
    )

    assert allowing(said, READ) == []


def test_what_nothing_allows_is_denied() -> None:
    assert allowing(policy(), READ) == []


@pytest.mark.parametrize(
    ("condition", "prefix", "allowed"),
    [
        pytest.param({"StringLike": {"s3:prefix": ["a/*", "b/*"]}}, "b/c", True, id="like one of several"),
        pytest.param({"StringLike": {"s3:prefix": "a/*"}}, "b/c", False, id="like none"),
        pytest.param({"StringLike": {"s3:prefix": "*"}}, None, False, id="like what was not said"),
        pytest.param({"StringEquals": {"s3:prefix": "a/"}}, "a/", True, id="equal"),
        pytest.param({"StringEquals": {"s3:prefix": "a/*"}}, "a/b", False, id="equal is no pattern"),
        pytest.param({"StringLikeIfExists": {"s3:prefix": "a/*"}}, None, True, id="like, or not said"),
        pytest.param({"StringLikeIfExists": {"s3:prefix": "a/*"}}, "a/b", True, id="like, and said"),
        pytest.param({"StringLikeIfExists": {"s3:prefix": "a/*"}}, "b/c", False, id="unlike, and said"),
        pytest.param({"Null": {"s3:prefix": "true"}}, None, True, id="not said"),
        pytest.param({"Null": {"s3:prefix": "true"}}, "a/", False, id="said"),
        pytest.param(
            {"StringLike": {"s3:prefix": "a/*"}, "Null": {"s3:prefix": "true"}},
            "a/b",
            False,
            id="all must hold",
        ),
    ],
)
def test_conditions_must_hold(condition: object, prefix: str | None, allowed: bool) -> None:
    said = policy({"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::bucket", "Condition": condition})

    assert bool(allowing(said, listing(prefix))) is allowed


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param({"NotAction": "s3:*"}, id="an element"),
        pytest.param({"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, id="an operator"),
    ],
)
def test_what_is_not_understood_is_not_passed_over(statement: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="are not read"):
        allowing(policy({"Action": "*", "Resource": "*", **statement}), READ)


def test_a_star_also_matches_nothing_and_slashes() -> None:
    assert matches("a/*", "a/")
    assert matches("a/*", "a/b/c")


def test_a_copy_needs_the_source_read_and_the_target_written() -> None:
    call = Call("CopyObject", "bucket", key="to", source="from")

    assert list(needs(call)) == [
        Need("s3:PutObject", "arn:aws:s3:::bucket/to"),
        Need("s3:GetObject", "arn:aws:s3:::bucket/from"),
        listing("from"),
        listing(None),
    ]


def test_a_read_needs_to_list_so_that_missing_is_not_forbidden() -> None:
    needed = list(needs(Call("HeadObject", "bucket", key="key")))

    assert needed == [Need("s3:GetObject", "arn:aws:s3:::bucket/key"), listing("key"), listing(None)]


def test_a_call_that_nobody_thought_of_is_not_passed_over() -> None:
    with pytest.raises(KeyError):
        list(needs(Call("RestoreObject", "bucket", key="key")))
