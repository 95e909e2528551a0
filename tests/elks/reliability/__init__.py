"""The fault matrix: whatever fails, a call is placed at most once, and its end is known."""

import pytest

pytest.register_assert_rewrite(f"{__name__}.scene")
