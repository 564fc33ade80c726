"""A client that uses only the published protos: enrols, pushes a report, pulls it back, follows.

    python tests/python_client/client.py --server 127.0.0.1:8443 --ca ca.pem --code XXXX-XXXX-...

Prints one line per step and exits with 0, or prints the error and exits with 1.
docs/FIRST-CLIENT.md explains each step.
"""

import argparse
import hashlib
import importlib
import pathlib
import sys
import tempfile
import threading
import uuid

import grpc
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"
DAY_SECONDS = 86_400
ZONE_SECONDS = 7 * 3_600
MONDAY = 4  # 1970-01-05, in days since 1970


def generate(out, released=None):
    """Compiles the published protos; with `released` those of that release."""
    import grpc_tools.protoc
    from google.protobuf.descriptor_pb2 import FileDescriptorSet
    from importlib import resources

    if released:
        descriptors = PROTO / "released" / f"{released}.binpb"
        released_files = FileDescriptorSet.FromString(descriptors.read_bytes()).file
        files = [one.name for one in released_files if one.name.startswith("thidua/")]
        sources = [f"--descriptor_set_in={descriptors}"]
    else:
        files = [str(path.relative_to(PROTO)) for path in sorted(PROTO.glob("thidua/v1/*.proto"))]
        google_protos = resources.files("grpc_tools") / "_proto"
        sources = [f"-I{PROTO}", f"-I{google_protos}"]
    arguments = ["protoc", *sources, f"--python_out={out}", f"--grpc_python_out={out}", *files]
    if grpc_tools.protoc.main(arguments) != 0:
        sys.exit("the protos do not compile")
    sys.path.insert(0, out)


def sign(key, message):
    """ECDSA P-256 SHA-256 as 64 bytes, r and s."""
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def derive(kind, *parts):
    """A derived id: the first 16 bytes of a SHA-256 over its parts (docs/FIRST-CLIENT.md)."""
    text = b"thidua." + kind.encode() + b"\0"
    for part in parts:
        text += len(part).to_bytes(8, "big") + part
    return hashlib.sha256(text).digest()[:16]


def day_bytes(day):
    return day.to_bytes(4, "big", signed=True)


class Client:
    def __init__(self, server, ca, pb):
        self.pb = pb
        credentials = grpc.ssl_channel_credentials(root_certificates=pathlib.Path(ca).read_bytes())
        self.channel = grpc.secure_channel(server, credentials)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.device = uuid.uuid4().bytes
        self.token = None
        self.cursor = b""
        self.number = 0
        self.records = {}
        self.scopes = {}

    def metadata(self):
        language = [("accept-language", "en")]
        return language + ([("authorization", f"Bearer {self.token}")] if self.token else [])

    def enrol(self, code):
        point = self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        symbols = code.replace("-", "").replace(" ", "").upper().encode()
        proof = b"thidua.enrol.v1\0" + symbols + b"\0" + point
        request = self.pb.access.EnrolRequest(
            code=code,
            public_key=point,
            signature=sign(self.key, proof),
            client_version="foreign 1",
            device_id=self.device,
        )
        stub = self.pb.access_grpc.AccessServiceStub(self.channel)
        answer = stub.Enrol(request, metadata=self.metadata(), timeout=20)
        self.token = answer.token.token
        self.unit = answer.session.unit_id
        return answer

    def renew(self):
        stub = self.pb.access_grpc.AccessServiceStub(self.channel)
        begin = self.pb.access.BeginRenewalRequest(device_id=self.device)
        nonce = stub.BeginRenewal(begin, timeout=20).nonce
        signature = sign(self.key, b"thidua.renew.v1\0" + self.device + nonce)
        request = self.pb.access.RenewTokenRequest(
            device_id=self.device, nonce=nonce, signature=signature
        )
        self.token = stub.RenewToken(request, timeout=20).token.token

    def command(self, **body):
        self.number += 1
        return self.pb.command.Command(number=self.number, **body).SerializeToString()

    def stream(self, commands=(), follow=False):
        request = self.pb.sync.SyncRequest(
            cursor=self.cursor, commands=list(commands), follow=follow
        )
        stub = self.pb.sync_grpc.SyncServiceStub(self.channel)
        return stub.Sync(request, metadata=self.metadata(), timeout=120)

    def apply_frame(self, frame):
        """Applies one frame to the client's state; returns its kind and value."""
        kind = frame.WhichOneof("frame")
        value = getattr(frame, kind)
        if kind == "rows":
            self.cursor = value.cursor
            for row in value.rows:
                if row.operation == self.pb.frame.ROW_OPERATION_GONE:
                    self.records.pop((row.kind, row.id), None)
                else:
                    self.records[(row.kind, row.id)] = (row.revision, row.record)
        elif kind in ("checkpoint", "bookmark"):
            self.cursor = value.cursor
        return kind, value

    def sync(self, commands=()):
        frames = []
        for frame in self.stream(commands):
            frames.append(self.apply_frame(frame))
        if not frames or frames[-1][0] != "checkpoint":
            sys.exit("the stream ended without a checkpoint")
        return frames

    def records_of(self, kind, message):
        for (of, _), (_, record) in self.records.items():
            if of == kind:
                yield message.FromString(record)


class Protos:
    """The generated modules under short names."""

    def __init__(self):
        def load(name):
            return importlib.import_module(f"thidua.v1.{name}")

        self.access, self.access_grpc = load("access_service_pb2"), load("access_service_pb2_grpc")
        self.sync, self.sync_grpc = load("sync_service_pb2"), load("sync_service_pb2_grpc")
        self.frame, self.record = load("sync_frame_pb2"), load("record_pb2")
        self.reference = load("reference_record_pb2")
        self.command, self.values = load("command_pb2"), load("values_pb2")


def check(passed, what):
    if not passed:
        sys.exit(f"foreign client: {what}")
    print(f"ok   {what}")


def run_steps(client, pb, code):
    answer = client.enrol(code)
    check(client.token and answer.device_id == client.device, "enrolled with a P-256 key")
    first = client.sync()
    welcome = first[0][1]
    check(len(welcome.scopes) >= 3, f"first sync: {len(client.records)} records in {len(welcome.scopes)} scopes")

    kinds = pb.record
    contracts = list(client.records_of(kinds.RECORD_KIND_CONTRACT, pb.reference.ContractRecord))
    contract = next(one for one in contracts if one.level == pb.values.UNIT_KIND_COMMUNE)
    forms = client.records_of(kinds.RECORD_KIND_FORM, pb.reference.FormRecord)
    form = next(one for one in forms if one.code == contract.form)
    today = (welcome.server_time.seconds + ZONE_SECONDS) // DAY_SECONDS
    # Last week: it is over, and this unit has not reported it yet.
    end = today - (today - MONDAY) % 7
    start = end - 7
    contract_id = derive("contract", contract.code.encode())
    parts = [contract_id, client.unit, b"week", day_bytes(start), day_bytes(end), b"\0"]
    report_id = derive("report", *parts)

    nil = pb.values.CellValue(status=pb.values.CELL_STATUS_NIL)
    changes = [pb.values.CellChange(element_number=number, mine=nil) for number in form.element_numbers]
    period = pb.values.Period(calendar="week", start_day=start, end_day=end)
    save = pb.command.SaveCells(
        contract_id=contract_id, unit_id=client.unit, period=period, changes=changes
    )
    submit = pb.command.SubmitReport(report_id=report_id)
    commands = [
        client.command(save_cells=save, acting_unit_id=client.unit),
        client.command(submit_report=submit, acting_unit_id=client.unit),
    ]
    pushed = client.sync(commands)
    outcomes = [value.outcome for kind, value in pushed if kind == "verdict"]
    check(outcomes == [pb.frame.OUTCOME_APPLIED] * 2, "a nil report was saved and submitted in one call")
    again = client.sync(commands)
    outcomes = [value.outcome for kind, value in again if kind == "verdict"]
    check(outcomes == [pb.frame.OUTCOME_DUPLICATE] * 2, "sent again, it was done once")

    revision, record = client.records[(kinds.RECORD_KIND_REPORT, report_id)]
    report = pb.record.ReportRecord.FromString(record)
    submitted = report.state == pb.values.REPORT_STATE_SUBMITTED
    check(report.nil and submitted, f"pulled back as SUBMITTED, revision {revision}")

    follow(client, pb, report_id)
    client.renew()
    client.sync()
    check(True, "token renewed by a signature over the server's nonce")


def follow(client, pb, report_id):
    """Opens a second stream and waits for a change that the first client pushes."""
    received_ids, ready = [], threading.Event()
    stream = client.stream(follow=True)

    def read_stream():
        try:
            for frame in stream:
                kind = frame.WhichOneof("frame")
                if kind == "checkpoint":
                    ready.set()
                if kind == "rows":
                    received_ids.extend(row.id for row in frame.rows.rows)
                    return
        except grpc.RpcError:
            return

    listener = threading.Thread(target=read_stream, daemon=True)
    listener.start()
    check(ready.wait(20), "a following stream reached its checkpoint")
    comment_id = uuid.uuid4().bytes
    comment = pb.command.AddComment(
        report_id=report_id, comment_id=comment_id, text="foreign client"
    )
    client.sync([client.command(add_comment=comment, acting_unit_id=client.unit)])
    listener.join(20)
    stream.cancel()
    check(comment_id in received_ids, "the follower heard of the new comment")


def extract_code(code):
    """The code itself, or the code in a QR text: thidua:1?c=CODE&f=SHA256&a=ADDRESS."""
    fields = dict(part.split("=", 1) for part in code.partition("?")[2].split("&") if "=" in part)
    return fields.get("c", code)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True, help="host:port")
    parser.add_argument("--ca", required=True, help="PEM file of the authority's CA")
    add = parser.add_argument
    add("--code", required=True, help="enrolment code, or invitation, of a commune's reporter")
    add("--token", action="store_true", help="only enrol and print the token, for buf curl")
    add("--released", metavar="VERSION", help="use this released contract, as an older app")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as out:
        generate(out, arguments.released)
        pb = Protos()
        client = Client(arguments.server, arguments.ca, pb)
        if arguments.token:
            client.enrol(extract_code(arguments.code))
            print(client.token)
            return
        run_steps(client, pb, extract_code(arguments.code))
    print("the foreign client works")


if __name__ == "__main__":
    main()
