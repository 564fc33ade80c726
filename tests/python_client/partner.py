"""A partner agency's client: follows published runs and writes their standings as CSV.

    partner.py --server 127.0.0.1:8443 --ca ca.pem --key-file key.txt --state runs.cursor > out.csv

It writes one line for each figure and exits when there are no more runs; with --follow it waits
for more. With --state it resumes after the last run that it wrote. docs/PARTNERS.md explains the
columns. It uses only the published protos.
"""

import argparse
import csv
import datetime
import decimal
import importlib
import pathlib
import sys
import tempfile

import grpc

from client import generate

COLUMNS = (
    "run,published,as_of,judged_through,campaign,unit,phase,target,state,view,finality,definition,"
    "element,column,figure,obs_status"
).split(",")
EPOCH = datetime.date(1970, 1, 1)


class Partner:
    def __init__(self, server, ca, key):
        self.pb = importlib.import_module("thidua.v1.partner_service_pb2")
        self.standing = importlib.import_module("thidua.v1.standing_record_pb2")
        stub = importlib.import_module("thidua.v1.partner_service_pb2_grpc").PartnerServiceStub
        credentials = grpc.ssl_channel_credentials(root_certificates=pathlib.Path(ca).read_bytes())
        self.stub = stub(grpc.secure_channel(server, credentials))
        self.metadata = [("authorization", f"Bearer {key}"), ("accept-language", "en")]

    def runs(self, cursor, follow):
        """Runs after the cursor, oldest first; with `follow` until the stream ends."""
        request = self.pb.FollowRunsRequest(cursor=cursor, once=not follow)
        return self.stub.FollowRuns(request, metadata=self.metadata, timeout=None if follow else 60)

    def standings(self, run_id):
        """All standings of a run, page by page."""
        token = ""
        while True:
            request = self.pb.ListRunStandingsRequest(
                run_id=run_id, page_size=500, page_token=token
            )
            page = self.stub.ListRunStandings(request, metadata=self.metadata, timeout=60)
            yield from page.standings
            token = page.next_page_token
            if not token:
                return

    def scales(self, run_id):
        """The decimals of each element, as the run defined them."""
        request = self.pb.GetRunRequest(run_id=run_id)
        answer = self.stub.GetRun(request, metadata=self.metadata, timeout=60)
        return {element.code: element.scale for element in answer.elements}

    def status(self, line, cell):
        """OBS_STATUS of SDMX: Q suppressed, P provisional, A normal."""
        if cell.suppressed:
            return "Q"
        return "A" if line.finality == self.pb.FINALITY_FINAL else "P"

    def rows(self, run):
        """A row for each figure of a run; a missing figure has no row."""
        scales = self.scales(run.run_id)
        for line in self.standings(run.run_id):
            head = [
                run.run_id.hex(),
                run.published_at.ToJsonString(),
                date(run.as_of_day),
                date(line.judged_through_day) if line.HasField("judged_through_day") else "",
                run.campaign_code,
                line.unit_code,
                line.phase_number,
                line.target_code,
                enum_name(self.standing.JudgementState, line.state, "JUDGEMENT_STATE_"),
                enum_name(self.standing.StandingView, line.view, "STANDING_VIEW_"),
                enum_name(self.pb.Finality, line.finality, "FINALITY_"),
                line.definition_version,
            ]
            for figures in line.figures:
                for column in ("value", "baseline_now", "baseline_full"):
                    if figures.HasField(column):
                        cell = getattr(figures, column)
                        scale = scales[figures.element_code]
                        figure = "" if cell.suppressed else scaled(cell.figure, scale)
                        yield [*head, figures.element_code, column, figure, self.status(line, cell)]


def date(days):
    """A day of the contract, counted since 1970-01-01, as a date: 20097 is 2025-01-09."""
    return (EPOCH + datetime.timedelta(days=days)).isoformat()


def scaled(figure, scale):
    """A figure with the decimals of its element: 45 with scale 1 is 4.5."""
    return f"{decimal.Decimal(figure).scaleb(-scale).normalize():f}"


def enum_name(enum, value, prefix):
    return enum.Name(value).removeprefix(prefix)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--server", required=True)
    parser.add_argument("--ca", required=True)
    parser.add_argument("--key-file", required=True, help="a file that holds the key and nothing else")
    parser.add_argument("--state", help="a file that keeps the cursor")
    parser.add_argument("--follow", action="store_true", help="wait for new runs")
    options = parser.parse_args()
    state = pathlib.Path(options.state) if options.state else None
    with tempfile.TemporaryDirectory() as out:
        generate(out)
        key = pathlib.Path(options.key_file).read_text().strip()
        partner = Partner(options.server, options.ca, key)
        cursor = bytes.fromhex(state.read_text()) if state and state.exists() else b""
        writer = csv.writer(sys.stdout)
        if not cursor:
            writer.writerow(COLUMNS)
        for published in partner.runs(cursor, options.follow):
            writer.writerows(partner.rows(published.run))
            sys.stdout.flush()
            # Stored after the rows: an interrupted run is written again; drop it by its id.
            if state:
                state.write_text(published.cursor.hex())


if __name__ == "__main__":
    try:
        main()
    except grpc.RpcError as failed:
        sys.exit(f"{failed.code().name}: {failed.details()}")
