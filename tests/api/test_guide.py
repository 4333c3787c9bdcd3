"""The guide to adding a route is run as it is written."""

import re
from pathlib import Path
from typing import Any

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "add-a-route.md"


def test_the_guides_example_does_what_its_test_says() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(), flags=re.DOTALL | re.MULTILINE)
    namespace: dict[str, Any] = {"__name__": "greetings"}

    for block in blocks:
        exec(compile(block, str(GUIDE), "exec"), namespace)

    assert len(blocks) == 2
    assert namespace["answer"].status == 200
