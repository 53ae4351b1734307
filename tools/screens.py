# SPDX-License-Identifier: MIT
"""`python -m tools screens`: docs/portal.png from the pictures that the walk in a real browser leaves in
out/portal (host_tests/board/test_portal_browser.py; `make screens` does both)."""

from . import OUT, ROOT, UserError

FOLDER = OUT / "portal"
PAGES = ("phone-1-wifi", "phone-2-provider-search", "phone-3-account", "phone-6-tested", "phone-8-status")
TARGET = ROOT / "docs/portal.png"
#: Pixels between two pages, and of each page's height: what is below says little.
GAP, HEIGHT = 24, 900
#: Enough for text on flat colors, a quarter of the bytes.
COLORS = 48


def app():
    """Put the pages of a set-up beside each other, for the documents."""
    from PIL import Image

    missing = [name for name in PAGES if not (FOLDER / (name + ".png")).is_file()]
    if missing:
        raise UserError("there is no %s.png in %s; `make screens` makes it" % (missing[0], FOLDER))
    pages = [Image.open(FOLDER / (name + ".png")).convert("RGB") for name in PAGES]
    height = min(HEIGHT, max(page.height for page in pages))
    sheet = Image.new("RGB", (sum(page.width + GAP for page in pages) + GAP, height + 2 * GAP), "#8a97a8")
    left = GAP
    for page in pages:
        sheet.paste(page.crop((0, 0, page.width, min(height, page.height))), (left, GAP))
        left += page.width + GAP
    sheet.quantize(COLORS).save(TARGET, optimize=True)
    print("%s: %d x %d, %d bytes" % (TARGET.relative_to(ROOT), *sheet.size, TARGET.stat().st_size))
