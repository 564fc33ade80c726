"""The day of an app, as sdk/tests/Day.kt: enrol, work offline, sync, return, correct, conflict, take
part in a campaign, revoke. Started by sdk/tests/run; prints a line per step, or fails.
"""

import asyncio
import os
import queue
import subprocess
import tempfile
import pathlib

from thidua import (
    CellEntry,
    CellFigure,
    ChangeListener,
    ClientError,
    LaunchEntry,
    LaunchMode,
    Phone,
    PledgeEntry,
    ReportStatus,
    Role,
    StopReason,
)

HOME = pathlib.Path(tempfile.mkdtemp(prefix="thidua-day-"))


class Listener(ChangeListener):
    """Passes on what the engine's threads tell."""

    def __init__(self):
        self.changes = queue.Queue()

    def on_change(self, change):
        self.changes.put(change)

    def on_stopped(self, error):
        self.changes.put(error)


def done(step):
    print(f"ok   python: {step}", flush=True)


def open_phone(name):
    phone = Phone.open(str(HOME / f"{name}.db"))
    phone.enrol(os.environ[name])
    assert phone.sync_once().digests_match
    return phone


def weekly(phone):
    """The key of the last week that is over and not reported."""
    today = phone.clock().today
    due = phone.due_reports(today - 14, today + 1)
    open_weeks = [one for one in due if one.key.contract == "tuan-xa" and one.submit_from_day <= today]
    assert open_weeks[0].status == ReportStatus.BLANK and open_weeks[0].period_name.vi.startswith("tu")
    return open_weeks[0].key


def figure(element, value):
    return CellEntry(element=element, value=CellFigure.REPORTED(value=value))


def status(phone, report):
    return phone.report(report).status


def refuses_what_is_wrong():
    phone = Phone.open(str(HOME / "wrong.db"))
    try:
        phone.enrol("no code")
        raise AssertionError("enrolled")
    except ClientError.BadInvitation as error:
        assert "ghi danh" in error.text_vi() and "code" in error.text_en()
    try:
        phone.sync_once()
        raise AssertionError("synced")
    except ClientError.NotEnrolled as error:
        assert error.text_en() != ""
    done("an error is typed and says in both languages what to do")


async def suspends():
    phone = Phone.open(str(HOME / "COLLEAGUE.db"))
    session = await phone.enrol_async(os.environ["COLLEAGUE"])
    assert session.roles == [Role.REPORTER]
    assert (await phone.sync_once_async()).digests_match
    return phone


def main():
    refuses_what_is_wrong()
    reporter, head, reviewer = (open_phone(name) for name in ("REPORTER", "HEAD", "REVIEWER"))
    done("three phones enrolled over TLS and synced")
    colleague = asyncio.run(suspends())
    done("a fourth one by coroutines")

    # Offline: nil, then a figure, submit.
    key = weekly(reporter)
    report = reporter.report_id(key)
    cells = {cell.element: cell for cell in reporter.blank_form(key.contract)}
    assert cells["so_offences"].name_vi != ""
    reporter.save_nil_carried(key)
    reporter.save_cells(key, [figure("so_offences", 3)], None)
    try:
        reporter.save_cells(key, [figure("so_offences", -1)], None)
        raise AssertionError("a negative count")
    except ClientError.Refused as refused:
        assert [one.element for one in refused.problems] == ["so_offences"]
        assert refused.problems[0].text_vi() != ""
    reporter.submit_report(report)
    assert status(reporter, report) == ReportStatus.WAITING
    assert reporter.outbox_status().waiting == 3
    done("a report typed and submitted without a connection")

    listener = Listener()
    reviewer.set_listener(listener)
    reviewer.start_following()
    summary = reporter.sync_once()
    assert (summary.sent, summary.rejected) == (3, 0) and summary.digests_match
    assert status(reporter, report) == ReportStatus.RECEIVED
    while report not in listener.changes.get(timeout=30).reports:
        pass
    reviewer.stop_following()
    receipt = reporter.latest_receipt()
    assert receipt.commands_taken == 3 and len(receipt.signature) == 64
    done("synced; the reviewer, who follows, heard of it; the authority signed a receipt")

    waiting = next(one for one in reviewer.review_queue() if one.report.report_id == report)
    reviewer.return_report(report, waiting.report.content_hash, "UNUSUAL_FIGURE", "Ba vụ?")
    reviewer.sync_once()
    reporter.sync_once()
    assert status(reporter, report) == ReportStatus.RETURNED
    assert reporter.report(report).question.text == "Ba vụ?"
    reporter.save_cells(key, [figure("so_offences", 2)], "Đã kiểm tra lại")
    reporter.submit_report(report)
    reporter.sync_once()
    assert status(reporter, report) == ReportStatus.RECEIVED
    done("returned with a question, corrected, received")

    # Two people of the commune change one figure without knowing of each other.
    for phone in (head, colleague):
        phone.sync_once()
    head.save_cells(key, [figure("so_offences", 5)], None)
    colleague.save_cells(key, [figure("so_offences", 4)], None)
    assert head.sync_once().applied == 1
    assert colleague.sync_once().conflicts == 1
    head.sync_once()
    conflict = head.conflicts()[0]
    assert conflict.element == "so_offences" and conflict.settled is None
    assert (conflict.branch.value, conflict.standing.value) == (4, 5)
    head.settle_conflict(conflict.conflict_id, True)
    head.sync_once()
    cell = next(one for one in head.report(report).cells if one.element == "so_offences")
    assert cell.value == CellFigure.REPORTED(value=4)
    done("a conflict kept both figures until the head settled it")

    campaign, unit = head.campaigns()[0].code, head.session().unit
    head.register_for_campaign(campaign, unit, "Trưởng Công an xã")
    launch = LaunchEntry(held_day=head.clock().today, mode=LaunchMode.IN_PERSON, sites=[], attendance=40)
    head.record_launch(campaign, unit, launch)
    pledge = PledgeEntry(body="", text="Giảm 5% số vụ", signed_role="Trưởng Công an xã")
    head.record_pledge(campaign, unit, pledge)
    head.save_plan(campaign, unit, "12/KH-CAX", [])
    head.submit_plan(campaign, unit)
    mine = next(one for one in head.participations() if (one.campaign, one.unit) == (campaign, unit))
    assert mine.waiting_acts == 5 and mine.launch.mode == LaunchMode.IN_PERSON
    assert head.sync_once().rejected == 0
    mine = next(one for one in head.participations() if (one.campaign, one.unit) == (campaign, unit))
    assert mine.waiting_acts == 0 and mine.pledges == [pledge] and mine.registration is not None
    done("registered, launched, pledged and planned without a connection, then synced")

    assert reporter.findings() is not None and reporter.lease().remaining_days > 0
    colleague.add_comment(report, "Chưa gửi")
    export = colleague.export_commands()
    assert export.command_count >= 1 and len(export.bytes) > 100
    device = colleague.session().device_id
    subprocess.run(
        [os.environ["THIDUA_BIN"], "-d", os.environ["TOWN"], "access", "revoke", device],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    try:
        colleague.sync_once()
        raise AssertionError("a revoked phone synced")
    except ClientError.Stopped as stopped:
        assert stopped.reason == StopReason.REVOKED and stopped.text_vi() != ""
    assert colleague.session() is None
    done("exported what was unsent; revoked, the phone destroyed what it held")


if __name__ == "__main__":
    main()
