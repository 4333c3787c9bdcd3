"""What makes a cold start shorter; imported before all else.

What a start makes is there to stay, and looking for garbage in it would take a tenth of its time: the collector of
cycles runs once 50,000 objects more were made than freed, instead of every 700. And pydantic has no plugins here to
search all installed packages for.
"""

import gc
import os

gc.set_threshold(50_000)
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
