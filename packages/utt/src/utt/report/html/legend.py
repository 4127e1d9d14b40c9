"""Which project has which colour; and which letter, for those who do not see the colour or print without any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.tools.pages.markup import element
from utt.domain.duration import format_duration
from utt.report.html.elements import project_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from utt.report.html.hours import Share


def legend(shares: Sequence[Share], *more: Element) -> Element:
    """Return the list of colours with their projects, and how long each took altogether.

    Args:
        shares: The projects, in their order.
        *more: Items for what is no project.
    """
    return element("ul", *(_item(share) for share in shares), *more, class_="legend")


def share_name(share: Share) -> Element:
    """Return the name of a project, or how many they are."""
    if len(share.projects) == 1:
        return project_name(share.projects[0])
    return element("span", f"{len(share.projects)} others")


def swatch(share: Share) -> Element:
    """Return a little square of the colour, with the letter."""
    return element(
        "svg",
        element("rect", width="18", height="18", rx="3", class_=f"hue-{share.hue}"),
        element("text", share.key, x="9", y="13", class_=f"key key-{share.hue}"),
        width="18",
        height="18",
        class_="swatch",
        aria_hidden="true",
    )


def _item(share: Share) -> Element:
    time = element("span", format_duration(share.time), class_="muted number")
    return element("li", swatch(share), share_name(share), " ", time)
