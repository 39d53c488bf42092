"""Tests of the inspector page in a browser, on an emulator that receives a service's requests."""

import re

import httpx
import pytest
from playwright.sync_api import expect

from contract_tests.browser.measurements import save_screenshot
from contract_tests.emulator.kit import callback_server
from klingkit.emulator import AfterSeconds, AtOnce, Emulator, VirtualClock


def test_a_new_task_appears_and_its_video_plays_once_finished(inspector):
    page = inspector.page
    expect(page.get_by_role("heading", name="No tasks yet")).to_be_visible()
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    task_id = inspector.create("A red fox crosses a frozen lake at dawn", callBackUrl="http://127.0.0.1:9/done")
    expect(inspector.rows).to_have_count(1)
    expect(inspector.rows.first).to_contain_text("accepted")
    for cell in ("kie", "kling/v2-5-turbo-text-to-video-pro", re.compile(r"\d s")):
        expect(inspector.rows.first).to_contain_text(cell)
    detail = inspector.choose("A red fox crosses a frozen lake at dawn")
    inspector.button("Finish").click()
    video = detail.locator("video")
    expect(video).to_have_js_property("duration", 5)
    expect(inspector.rows.first).to_contain_text("succeeded")
    expect(inspector.button("Finish")).to_be_hidden()
    expect(page.get_by_role("status").filter(has_text=f"Task {task_id}: succeeded")).to_be_visible()
    expect(inspector.region("States").get_by_role("listitem")).to_contain_text(["accepted", "running", "succeeded"])
    video.evaluate("(video) => { video.muted = true; video.play(); }")
    expect(video).not_to_have_js_property("currentTime", 0)
    expect(inspector.region("Requests").get_by_text("agrees with the spec")).to_be_visible()
    expect(detail.get_by_role("link", name="Download")).to_have_attribute("download", f"{task_id}.mp4")
    page.get_by_role("link", name="Faults").click()
    expect(video).to_have_count(0)


def test_a_task_fails_with_the_given_reason(inspector):
    task_id = inspector.create("A cat in the rain")
    inspector.choose("A cat in the rain")
    inspector.button("Fail…").click()
    dialog = inspector.page.get_by_role("dialog", name="Fail this task")
    dialog.get_by_label("Code").fill("422")
    dialog.get_by_label("Message").fill("The prompt is <b>rejected</b>")
    dialog.get_by_role("button", name="Fail task").click()
    expect(inspector.page.get_by_text("422: The prompt is <b>rejected</b>")).to_be_visible()
    expect(inspector.rows.first).to_contain_text("failed")
    record = inspector.query(task_id)
    assert (record["failCode"], record["failMsg"]) == ("422", "The prompt is <b>rejected</b>")


def test_cancelling_the_dialog_fails_nothing(inspector):
    task_id = inspector.create("A cat in the rain")
    inspector.choose("A cat in the rain")
    inspector.button("Fail…").click()
    inspector.button("Cancel").click()
    inspector.button("Fail…").click()
    inspector.page.keyboard.press("Escape")
    expect(inspector.page.get_by_role("dialog")).to_be_hidden()
    assert inspector.query(task_id)["state"] == "waiting"


def test_a_fault_is_injected_the_set_number_of_times(inspector):
    page = inspector.page
    page.get_by_role("link", name="Faults").click()
    inspector.region("Faults").get_by_label("API").select_option("kie")
    inspector.region("Faults").get_by_label("Operation").select_option("create")
    inspector.region("Faults").get_by_label("Prompt has").fill("cat")
    inspector.region("Faults").get_by_label("Times").fill("1")
    inspector.region("Faults").get_by_label("Code").fill(" 429")
    inspector.region("Faults").get_by_label("Message").fill("too many")
    inspector.button("Set fault").click()
    rule = page.get_by_role("table", name="Faults").locator("tbody tr")
    expect(rule).to_contain_text("kie · create · prompt has cat · once · code 429 · too many")
    expect(page.get_by_role("link", name="Faults 1")).to_be_visible()
    injected, other = inspector.submit("A cat in the rain"), inspector.submit("A cat in the rain")
    assert (injected.status_code, injected.json()["code"], injected.json()["msg"]) == (429, 429, "too many")
    assert other.json()["code"] == 200
    expect(rule.get_by_role("cell").nth(1)).to_have_text("1")
    save_screenshot(page, "faults")
    rule.get_by_role(
        "button", name="Remove the fault refuse: kie · create · prompt has cat · once · code 429 · too many"
    ).click()
    expect(page.get_by_text("None: all responses are as documented.")).to_be_visible()
    page.get_by_role("link", name="Requests").click()
    inspector.filters.get_by_label("Which").select_option("With a fault")
    expect(inspector.rows).to_have_count(1)
    expect(inspector.rows).to_contain_text("refuse")


def test_an_invalid_fault_is_rejected_with_the_reason(inspector):
    inspector.expected_errors.append("Failed to load resource: the server responded with a status of 400")
    page = inspector.page
    page.get_by_role("link", name="Faults").click()
    inspector.region("Faults").get_by_label("Kind").select_option("callback-late")
    expect(inspector.region("Faults").get_by_label("Code")).to_be_hidden()
    inspector.region("Faults").get_by_label("Prompt has").fill("a" * 5_001)
    inspector.button("Set fault").click()
    prompt = page.get_by_label("Prompt has")
    expect(prompt).to_have_accessible_description(re.compile("^prompt has 5001 characters"))
    expect(prompt).to_have_attribute("aria-invalid", "true")
    expect(prompt).to_be_focused()
    expect(page.get_by_role("table", name="Faults")).to_be_hidden()
    prompt.fill("cat")
    expect(prompt).not_to_have_attribute("aria-invalid", "true")
    expect(prompt).to_have_accessible_description("")
    inspector.button("Set fault").click()
    expect(page.get_by_role("table", name="Faults").locator("tbody tr")).to_contain_text("any API · prompt has cat")


def test_callbacks_are_listed_and_resent(inspector):
    with callback_server() as receiver:
        task_id = inspector.create("A cat in the rain", callBackUrl=receiver.url)
        inspector.choose("A cat in the rain")
        callbacks = inspector.region("Callbacks")
        successful_callbacks = callbacks.locator("summary", has_text="attempt").filter(has_text="200")
        expect(callbacks).to_contain_text("None yet.")
        inspector.button("Finish").click()
        expect(successful_callbacks).to_have_count(1)
        inspector.button("Resend the callback of attempt 1").click()
        expect(successful_callbacks).to_have_count(2)
        expect(inspector.page.get_by_text(f"Task {task_id}: callback, attempt 2: 200")).to_be_visible()
        first, second = receiver.next(), receiver.next()
        assert first.body == second.body
        successful_callbacks.last.click()
        expect(inspector.body("callback")).to_contain_text('"taskId"')


def test_markup_in_requests_stays_text(inspector):
    prompt = "<script>window.hurt = 1</script><img src=x onerror='window.hurt = 1'>"
    inspector.create(prompt)
    inspector.request("GET", "/api/<img src=x onerror='window.hurt=1'>")
    inspector.choose(prompt)
    page = inspector.page
    expect(inspector.body("request").first).to_contain_text("<script>window.hurt = 1</script>")
    page.get_by_role("link", name="Requests").click()
    expect(inspector.rows.filter(has_text="onerror")).to_be_visible()
    assert page.locator("main img, main script").count() == 0
    assert page.evaluate("window.hurt") is None


def test_the_verdict_lists_violations(inspector):
    assert inspector.submit("x" * 2501).status_code == 422
    page = inspector.page
    page.get_by_role("link", name="Requests").click()
    inspector.filters.get_by_label("Which").select_option("Of no task")
    inspector.rows.first.get_by_role("link").click()
    violations = page.get_by_role("list", name="Violations of the request")
    expect(violations.get_by_role("listitem")).to_contain_text(["input.prompt"])
    expect(page.get_by_text("1 violation of the spec")).to_be_visible()
    expect(inspector.body("response")).to_contain_text('"code": 422')
    expect(inspector.body("response")).to_have_attribute("tabindex", "-1")
    expect(inspector.body("request")).to_have_attribute("tabindex", "0")  # it scrolls
    save_screenshot(page, "request")


def test_bodies_are_formatted_and_otherwise_as_sent(inspector):
    body = '{"model":"m","input":{"n":1.0,"n":12345678901234567890,"e":{},"a":["\\u96e8, {x}",null]}}'
    for content in (body, '{"model"'):
        inspector.request(
            "POST", "/api/v1/jobs/createTask", content=content, headers={"Content-Type": "application/json"}
        )
    page = inspector.page
    page.get_by_role("link", name="Requests").click()
    inspector.rows.nth(0).get_by_role("link").click()
    expect(inspector.body("request")).to_have_text('{"model"')
    inspector.rows.nth(1).get_by_role("link").click()
    expect(inspector.body("request")).to_contain_text('"model": "m"')
    text = inspector.body("request").inner_text()
    assert text.splitlines() == [
        "{",
        '  "model": "m",',
        '  "input": {',
        '    "n": 1.0,',
        '    "n": 12345678901234567890,',
        '    "e": {},',
        '    "a": [',
        '      "\\u96e8, {x}",',
        "      null",
        "    ]",
        "  }",
        "}",
    ]


def test_a_dropped_request_is_marked(inspector):
    with pytest.raises(httpx.RemoteProtocolError):
        inspector.request("GET", "/api/v1/jobs/recordInfo?taskId=none", headers={"X-Klingkit-Fault": "drop"})
    inspector.page.get_by_role("link", name="Requests").click()
    expect(inspector.rows).to_contain_text(["dropped"])
    inspector.rows.get_by_role("link").click()
    expect(inspector.region("Response")).to_contain_text("None: the connection was closed.")
    expect(inspector.page.get_by_role("article").get_by_role("heading", level=2)).to_contain_text("?taskId=none")


def test_the_creation_stays_visible_beside_many_queries(inspector):
    task_id = inspector.create("A cat in the rain")
    for _ in range(60):
        inspector.query(task_id)
    inspector.choose("A cat in the rain")
    lines = inspector.region("Requests").locator("li", has=inspector.page.locator("summary"))
    expect(lines).to_have_count(51)
    expect(lines.first).to_contain_text("agrees with the spec")
    expect(inspector.region("Requests")).to_contain_text("51 of 61 are shown.")
    expect(inspector.region("Task")).to_contain_text("Queries60")


def test_advancing_the_clock_ends_tasks_that_are_due(open_inspector):
    inspector = open_inspector(Emulator(finish=AfterSeconds(90), clock=VirtualClock()))
    inspector.create("A cat in the rain")
    inspector.open()
    inspector.button("+60 s").click()
    expect(inspector.rows.first).to_contain_text("running")
    expect(inspector.rows.first).to_contain_text("1 min")
    inspector.page.get_by_label("Seconds to advance the clock by").fill("30.5")
    inspector.button("Advance").click()
    expect(inspector.rows.first).to_contain_text("succeeded")
    expect(inspector.page.get_by_text("The clock is advanced by 30.5 s")).to_be_visible()


def test_a_reset_needs_confirmation(inspector):
    inspector.create("A cat in the rain")
    inspector.choose("A cat in the rain")
    page = inspector.page
    inspector.button("Reset…").click()
    dialog = page.get_by_role("dialog", name="Reset the emulator?")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(inspector.rows).to_have_count(1)
    inspector.button("Reset…").click()
    dialog.get_by_role("button", name="Reset").click()
    expect(inspector.rows).to_have_count(0)
    expect(page.get_by_role("article")).to_be_hidden()
    expect(page.get_by_role("heading", name="No tasks yet")).to_be_visible()
    assert inspector.emulator.tasks == ()


def test_many_tasks_are_paged_and_filtered(open_inspector):
    inspector = open_inspector(Emulator(finish=AtOnce(), clock=VirtualClock()))
    for number in range(120):
        inspector.create(f"number {number:03}")
    page, rows = inspector.page, inspector.rows
    inspector.open()
    expect(rows).to_have_count(50)
    expect(rows.first).to_contain_text("number 119")
    inspector.create("number 120")  # at the same moment as all others
    expect(rows.first).to_contain_text("number 120")
    expect(rows).to_have_count(50)
    inspector.button("Older").evaluate("(button) => { button.click(); button.click(); }")
    expect(rows.first).to_contain_text("number 070")
    expect(page.get_by_role("status").filter(has_text="Page 2")).to_be_visible()
    expect(rows.first.get_by_role("link")).to_be_focused()
    inspector.create("number 121")
    inspector.button("Older").click()
    expect(rows).to_have_count(21)
    expect(inspector.button("Older")).to_be_hidden()
    inspector.button("Newest").click()
    expect(rows.first).to_contain_text("number 121")
    inspector.filters.get_by_label("Text").fill("ER 00")
    expect(rows).to_have_count(10)
    inspector.filters.get_by_label("State").select_option("failed")
    expect(page.get_by_role("status").filter(has_text="Nothing matches.")).to_be_visible()
    inspector.filters.get_by_label("State").select_option("Any state")
    inspector.filters.get_by_label("API").select_option("kie")
    expect(rows).to_have_count(10)
    inspector.filters.get_by_label("Text").fill("")
    inspector.button("Older").click()
    expect(page.get_by_text("Page 2")).to_be_visible()
    inspector.emulator.reset()
    expect(page.get_by_text("Page 2")).to_be_hidden()


def test_updates_respect_the_filter(inspector):
    rows = inspector.rows
    inspector.filters.get_by_label("State").select_option("accepted")
    waiting, ended = inspector.create("a cat that stays"), inspector.create("a cat that ends")
    inspector.emulator.fail_task(inspector.create("a dog"))
    expect(rows).to_have_count(2)
    inspector.emulator.finish_task(ended)
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("a cat that stays")
    assert inspector.emulator.task(waiting).state == "accepted"


def test_a_link_opens_one_task(inspector):
    inspector.expected_errors.append("Failed to load resource: the server responded with a status of 404")
    task_id = inspector.create("A cat in the rain")
    inspector.open(f"#/tasks/{task_id}")
    heading = inspector.page.get_by_role("article").get_by_role("heading", level=2)
    expect(heading).to_have_text("A cat in the rain")
    expect(inspector.page).to_have_title(f"task {task_id} – klingkit emulator")
    inspector.page.evaluate("location.hash = '#/tasks/%E0%A4%A'")
    expect(heading).to_have_text("No such task")
    inspector.page.evaluate("location.hash = '#/requests/1'")
    expect(heading).to_have_text("POST /api/v1/jobs/createTask")
    inspector.page.get_by_role("link", name=task_id).click()
    expect(heading).to_have_text("A cat in the rain")
    inspector.page.evaluate("location.hash = '#/requests/99'")
    expect(heading).to_have_text("No such request")
    expect(inspector.page.get_by_text("no request 99")).to_be_visible()


def test_without_scripts_the_page_shows_a_note(open_inspector):
    inspector = open_inspector(java_script_enabled=False)
    inspector.open()
    expect(inspector.page.get_by_text("This page needs JavaScript")).to_be_visible()
