"""`static/js/screen/programme.js` is `displays/programme.py`, line by line: the same stories, the same turns (P2)."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import Browser

from tests.browser.wallserver import WallServer
from tests.displays.stories import story, told

pytestmark = pytest.mark.asyncio(loop_scope="session")

STORIES = 300
STEPS = 150
PLAY = """
async (text) => {
  const { Programme } = await import("/static/js/screen/programme.js");
  return JSON.stringify(JSON.parse(text).map((story) => {
    let programme = new Programme();
    let now = 1000, airtime = 0, shown = null;
    return story.map((step) => {
      const until = now + step.for;
      if (step.do === "resume") programme.resume(step.id);
      if (step.do === "sync") {
        programme.sync(step.ids.map((id, order) => ({ id, order })), new Set(step.fresh));
      }
      if (step.do === "pin") programme.pin(step.id, until, now);
      if (step.do === "hold") programme.hold(step.for === null ? null : until, now);
      if (step.do === "next") programme.next();
      if (step.do === "pace") programme.pace = step.pace;
      if (step.do === "measure") programme.begin(step.words, airtime);
      if (step.do === "restart") {
        const debts = programme.owing(airtime);
        programme = new Programme();
        programme.debts = debts;
        programme.resume(shown && shown.id);
        shown = null;
      }
      if (step.do === "off") {
        programme.off(airtime);
        now = until;
        shown = null;
      }
      if (step.do === "tick") {
        now = until;
        airtime += step.seen ? step.for : 0;
      }
      const show = programme.look(now, airtime);
      if (show !== null && (shown === null || shown.id !== show.id)) {
        programme.begin([3, 40].slice(0, 1 + (show.id.length % 2)), airtime);
      }
      shown = show;
      const all = Array.from(programme.standings.values());
      return {
        show,
        turns: Object.fromEntries(all.map((one) => [one.id, one.turns])),
        owes: Object.fromEntries(all.map((one) => [one.id, one.owes])),
      };
    });
  }));
}
"""


async def test_p2_the_browsers_programme_is_the_reference(browser: Browser, wall: WallServer) -> None:
    stories = [story(seed, STEPS) for seed in range(STORIES)]
    expected = [list(told(steps)) for steps in stories]
    seen = [step["show"]["id"] for steps in expected for step in steps if step["show"] is not None]
    owing = sum(any(step["owes"].values()) for steps in expected for step in steps)
    assert len(seen) > STORIES * STEPS / 2, "the stories must reach what is to be compared"
    assert owing > STORIES * STEPS / 10, "the stories must reach what is to be compared"

    page = await browser.new_page()
    await page.goto(f"{wall.url}/screen")  # a page of ours, so that modules may be imported
    found = json.loads(await page.evaluate(PLAY, json.dumps(stories)))
    await page.close()
    for seed, (want, got) in enumerate(zip(expected, found, strict=True)):
        for step, (a, b) in enumerate(zip(want, got, strict=True)):
            assert a == b, f"story {seed}, step {step}: {stories[seed][step]}"
