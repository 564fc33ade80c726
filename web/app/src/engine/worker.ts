// The engine's worker: one replica, one outbox, one call at a time. Only the tab that holds the
// lock opens the replica; another tab would lose data without a word.
import init, { Engine, install_files } from './pkg/engine.js';
import wasm from './pkg/engine_bg.wasm?url';
import { call, unary, type CallStatus } from './carry';
import type { EngineError, Operations, ReportKey, SyncEnd } from './types';

const REPLICA = 'file:phone.db?vfs=opfs-sahpool';
/** Most calls of one sync: a server that always asks for another one is not followed for ever. */
const CALLS_MAX = 64;

let engine: Engine | undefined;

function opened(): Engine {
  if (!engine) throw new Error('not open');
  return engine;
}

function parsed<T>(json: string): T {
  return JSON.parse(json) as T;
}

function toError(thrown: unknown): EngineError {
  if (typeof thrown === 'string' && thrown.startsWith('{')) return parsed<EngineError>(thrown);
  return { code: 'NO_ENGINE', text: String(thrown), problems: [] };
}

async function renew(phone: Engine): Promise<CallStatus | undefined> {
  const begun = await unary('AccessService/BeginRenewal', phone.begin_renewal_request());
  if (begun.status.code !== 0) return begun.status;
  const renewed = await unary('AccessService/RenewToken', phone.renew_request(begun.answer));
  if (renewed.status.code !== 0) return renewed.status;
  phone.renew_response(renewed.answer);
  return undefined;
}

interface Next {
  next: 'done' | 'again' | 'wait' | 'renew' | 'other';
  afterMs?: number;
}

async function oneCall(phone: Engine): Promise<Next> {
  // Whether the token has ended is for the server to say: the clock of this device may be wrong.
  const { token } = parsed<{ token: string }>(phone.token());
  const request = phone.sync_request(false);
  let failure: unknown;
  const status = await call('SyncService/Sync', request, token, (frame) => {
    if (failure === undefined) {
      try {
        phone.sync_frame(frame);
      } catch (error) {
        failure = error;
      }
    }
  });
  const next = parsed<Next>(phone.sync_end(status.code, status.text, status.details));
  if (failure !== undefined) throw failure;
  return next;
}

async function sync(): Promise<SyncEnd> {
  const phone = opened();
  try {
    for (let made = 0; made < CALLS_MAX; made += 1) {
      let next = await oneCall(phone);
      if (next.next === 'renew') {
        const failed = await renew(phone);
        if (failed) {
          next = parsed<Next>(phone.renewal_failure(failed.code, failed.text, failed.details));
        }
      }
      if (next.next === 'done') return { outcome: 'done', afterMs: 0 };
      if (next.next === 'wait') return { outcome: 'offline', afterMs: next.afterMs ?? 5000 };
    }
    return { outcome: 'offline', afterMs: 5000 };
  } catch (thrown) {
    const error = toError(thrown);
    return { outcome: 'stopped', afterMs: 0, error };
  }
}

async function enrol(invitation: string): Promise<void> {
  const phone = opened();
  const { answer, status } = await unary('AccessService/Enrol', phone.enrol_request(invitation));
  if (status.code !== 0) throw phone.enrol_failure(status.code, status.text, status.details);
  phone.enrol_response(answer);
}

const keyText = (key: ReportKey) => JSON.stringify(key);

type Work = { [Name in keyof Operations]: (...args: Parameters<Operations[Name]>) => unknown };

const operations: Work = {
  async open(lang) {
    await init({ module_or_path: wasm });
    await install_files();
    engine = new Engine(REPLICA, lang);
    return parsed(engine.session());
  },
  async enrol(invitation) {
    await enrol(invitation);
    return parsed(opened().session());
  },
  sync,
  state: () => parsed(opened().state()),
  session: () => parsed(opened().session()),
  due: (fromDay, toDay) => parsed(opened().due_reports(fromDay, toDay)),
  report: (key) => parsed(opened().report(keyText(key))),
  save: (key, cells, note) =>
    parsed(opened().save(keyText(key), JSON.stringify(cells), note ?? undefined)),
  saveNil: (key, carried) => parsed(opened().save_nil(keyText(key), carried)),
  submit: (reportId) => parsed(opened().submit(reportId)),
  refused: () => parsed(opened().refused_commands()),
  discard: (number) => opened().discard_refused(BigInt(number)),
  records: () => parsed(opened().all_records()),
  erase: () => {
    opened().erase();
    return null;
  },
};

interface Request {
  id: number;
  name: keyof Operations;
  args: unknown[];
}

let queue: Promise<unknown> = Promise.resolve();

self.onmessage = (event: MessageEvent<Request>) => {
  const { id, name, args } = event.data;
  const run = async () => {
    try {
      const work = operations[name] as (...given: unknown[]) => unknown;
      self.postMessage({ id, value: await work(...args) });
    } catch (thrown) {
      self.postMessage({ id, error: toError(thrown) });
    }
  };
  // A sync waits for the network and changes the replica only between frames; what a person does
  // meanwhile is not kept waiting.
  if (name === 'sync') void run();
  else queue = queue.then(run);
};
