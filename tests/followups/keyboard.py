"""Keyboard use in a browser test."""

from playwright.sync_api import expect


def press_key_until_focused(page, target, key="Tab"):
    for _ in range(60):
        if target.evaluate("e => e === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{target} cannot be reached with {key}")


def choose_answer(page, question, answer):
    """Press Tab to the radio group, then arrow keys or space to the answer."""
    group = page.get_by_role("group", name=question)
    press_key_until_focused(page, group.get_by_role("radio").first)
    wanted = group.get_by_role("radio", name=answer, exact=True).first  # a question may be nested under the answer
    if wanted.evaluate("e => e === document.activeElement"):
        page.keyboard.press("Space")
    else:
        press_key_until_focused(page, wanted, "ArrowDown")
    expect(wanted).to_be_checked()
