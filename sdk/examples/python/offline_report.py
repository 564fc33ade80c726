"""A commune's phone: enrol once, report without a connection, sync when there is one.

    python offline_report.py 'thidua:1?c=...' phone.db
"""

import sys

from thidua import ClientError, Phone, ReportStatus

phone = Phone.open(sys.argv[2])
try:
    if phone.session() is None:
        phone.enrol(sys.argv[1])
        phone.sync_once()
    today = phone.clock().today
    due = phone.due_reports(today - 60, today + 1)
    over = [one for one in due if one.submit_from_day <= today]
    for one in [one for one in over if one.status == ReportStatus.BLANK][:1]:
        phone.save_nil_carried(one.key)
        phone.submit_report(one.report_id)
    print(phone.sync_once().applied, "commands taken by the server")
except ClientError as error:
    sys.exit(error.text_vi())
