// The published clients of Connect against a real server. The service descriptions come from the
// server's own descriptor set at run time: no code is generated.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import * as node from "@connectrpc/connect-node";
import * as web from "@connectrpc/connect-web";

const { THIDUA_SERVER, THIDUA_TOKEN, THIDUA_DESCRIPTORS, NODE_EXTRA_CA_CERTS } = process.env;
const registry = createFileRegistry(
  fromBinary(FileDescriptorSetSchema, readFileSync(THIDUA_DESCRIPTORS)),
);
const service = (name) => registry.getService(`thidua.v1.${name}`);

// A caller with the token, who reads English.
const signedIn = (next) => (request) => {
  request.header.set("authorization", `Bearer ${THIDUA_TOKEN}`);
  request.header.set("accept-language", "en");
  return next(request);
};
const common = { baseUrl: THIDUA_SERVER, interceptors: [signedIn] };
const nodeOptions = { ca: readFileSync(NODE_EXTRA_CA_CERTS) };

const transports = {
  "connect-node json h1": node.createConnectTransport({
    ...common, nodeOptions, httpVersion: "1.1", useBinaryFormat: false,
  }),
  "connect-node binary h2": node.createConnectTransport({
    ...common, nodeOptions, httpVersion: "2", useBinaryFormat: true,
    // Every message is compressed.
    sendCompression: node.compressionGzip, compressMinBytes: 0,
  }),
  "connect-web json": web.createConnectTransport({ ...common, useBinaryFormat: false }),
  "connect-web binary": web.createConnectTransport({ ...common, useBinaryFormat: true }),
  "grpc-web": web.createGrpcWebTransport(common),
  "grpc": node.createGrpcTransport({ ...common, nodeOptions }),
};

async function refusal(call) {
  try {
    await call;
  } catch (error) {
    return ConnectError.from(error);
  }
  assert.fail("the call succeeded");
}

const units = {};
for (const [name, transport] of Object.entries(transports)) {
  const org = createClient(service("OrgService"), transport);
  const { unit } = await org.getUnit({ unit: { case: "uid", value: "com-29242-0" } });
  assert.equal(unit.revision, 1n);
  assert.equal(unit.id.length, 16);
  units[name] = unit.record.uid;
  const page = await org.listUnits({ pageSize: 30 }, { timeoutMs: 10_000 });
  assert.equal(page.units.length, 30);

  // An error keeps its code and its details in every protocol.
  const absent = await refusal(org.getUnit({ unit: { case: "uid", value: "com-0-0" } }));
  assert.equal(absent.code, Code.NotFound);
  const types = absent.details.map((detail) => detail.type ?? detail.desc.typeName);
  assert.ok(types.includes("google.rpc.ErrorInfo"), `${name}: ${types}`);
  console.log(`ok ${name}`);
}
assert.equal(new Set(Object.values(units)).size, 1, "every protocol gives the same unit");

// A stream in Connect is refused with what to use; in gRPC-Web it is served.
const sync = (transport) => createClient(service("SyncService"), transport).sync({});
const frames = async (stream) => {
  const cases = [];
  for await (const { frame } of stream) cases.push(frame.case);
  return cases;
};
const refused = await refusal(frames(sync(transports["connect-web json"])));
assert.equal(refused.code, Code.Unimplemented);
assert.match(refused.message, /gRPC-Web/);
const served = await frames(sync(transports["grpc-web"]));
assert.equal(served.at(0), "welcome");
assert.equal(served.at(-1), "checkpoint");
console.log("ok streams");
