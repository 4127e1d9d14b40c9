"""The legend: the colour of each project, and its letter for readers who do not see colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.html.element import element
from utt.domain.duration import format_duration
from utt.report.html.elements import project_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from utt.report.html.hours import Share


def legend(shares: Sequence[Share], *more: Element) -> Element:
    """Return the list of colours with their projects and the total time of each.

    Args:
        shares: The projects in their order.
        *more: Items for time outside of projects.
    """
    return element("ul", *(_item(share) for share in shares), *more, class_="legend")


def share_name(share: Share) -> Element:
    """Return the name of the project, or the number of projects if there are several."""
    if len(share.projects) == 1:
        return project_name(share.projects[0])
    return element("span", f"{len(share.projects)} others")


def swatch(share: Share) -> Element:
    """Return a small square in the colour of *share*, with its letter."""
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
