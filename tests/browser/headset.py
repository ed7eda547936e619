"""A headset that no one wears: IWER stands in for the browser's WebXR, and a test moves head and hands."""

from __future__ import annotations

import time
from typing import Any

from tests.browser.chromium import VIEWERS
from tests.browser.visit import PATIENCE_MS, Visit

DEVICES = ("metaQuest3", "metaQuest2")


def script(device: str = "metaQuest3") -> str:
    """What a page must run before its own scripts."""
    library = (VIEWERS / "iwer" / "build" / "iwer.min.js").read_text("utf-8")
    # Chromium has a native navigator.xr: without forceInstall nothing is installed.
    return (
        library
        + f""";(() => {{
        const device = new IWER.XRDevice(IWER.{device});
        device.installRuntime({{forceInstall: true}});
        device.stereoEnabled = true;
        device.fovy = 1.4;
        window.headset = device;
    }})();"""
    )


class Wearer:
    """Head and hands of a visitor; lengths in metres in the visitor's own space, y up."""

    def __init__(self, visited: Visit) -> None:
        self.page = visited.page

    def enter(self) -> None:
        """Into the room, through the page's own button."""
        self.page.evaluate("() => { headset.position.set(0, 1.62, 0); headset.quaternion.set(0, 0, 0, 1); }")
        self.page.click("nav .enter")
        self.until("room.renderer.xr.isPresenting")
        self.page.evaluate(
            "() => { for (const hand of ['left', 'right']) headset.controllers[hand].connected = true; }"
        )
        self.until("room.headset.pointers.some((pointer) => pointer.connected)")
        self.frames()

    def leave(self) -> None:
        """Out of it again, as the headset's own button does it."""
        self.page.evaluate("() => heritage3dRoom.headset.leave()")
        self.until("!room.renderer.xr.isPresenting")

    def frames(self, count: int = 2) -> None:
        """Wait until so many frames more were drawn."""
        now = self.page.evaluate("heritage3dRoom.costs.frames")
        self.until(f"room.costs.frames >= {now + count}")

    def until(self, condition: str) -> None:
        """Wait for an expression over ``room``; the page's policy forbids that it evaluates text by itself."""
        ends = time.monotonic() + PATIENCE_MS / 1000
        while not self.tell(condition):
            assert time.monotonic() < ends, condition
            time.sleep(0.03)

    def aim(self, at: str, *, hand: bool = False) -> None:
        """Point the right controller (or hand) from beside the head at a place of the room.

        ``at`` is JavaScript that gives [x, y, z] in the room, with ``room`` at hand.
        """
        self.page.evaluate(
            """([hand]) => {
                const room = heritage3dRoom;
                const target = PLACE;
                const rig = room.body.rig;
                rig.updateMatrixWorld(true);
                const own = (point) => rig.worldToLocal(room.camera.position.clone().set(...point));
                const from = own(room.body.head().toArray());
                from.x += 0.12; from.y -= 0.22;
                const way = own(target).sub(from).normalize();
                const up = room.camera.up.clone();
                const turned = room.camera.clone(false);
                turned.position.set(0, 0, 0); turned.up.copy(up);
                turned.lookAt(way);
                const input = hand ? headset.hands.right : headset.controllers.right;
                input.position.set(from.x, from.y, from.z);
                input.quaternion.set(...turned.quaternion.toArray());
            }""".replace("PLACE", at),
            [hand],
        )
        self.frames(2)

    def press(self) -> None:
        """The trigger, pressed and let go."""
        for value in (1, 0):
            self.page.evaluate(f"() => headset.controllers.right.updateButtonValue('trigger', {value})")
            self.frames(2)

    def pinch(self) -> None:
        """Thumb and finger, together and apart."""
        for value in (1, 0):
            self.page.evaluate(f"() => headset.hands.right.updatePinchValue({value})")
            self.frames(3)

    def push(self, across: float) -> None:
        """The stick of the right controller to one side, and back."""
        for value in (across, 0):
            self.page.evaluate(f"() => headset.controllers.right.updateAxis('thumbstick', 'x-axis', {value})")
            self.frames(2)

    def tell(self, expression: str) -> Any:
        """What an expression over ``room`` gives."""
        return self.page.evaluate(f"() => {{ const room = heritage3dRoom; return {expression}; }}")
