// The engine's worker: one replica, one outbox, one call at a time. Only the tab that holds the
// lock opens the replica; another tab would lose data without a word.
import init, { Engine, install_files } from './pkg/engine.js';
import wasm from './pkg/engine_bg.wasm?url';
import { call, unary, type CallStatus } from './carry';
import type { EngineError, Session, SyncEnd, WorkerOperations } from './types';

const REPLICA = 'file:phone.db?vfs=opfs-sahpool';
/** Most calls of one sync: a server that always asks for another one is not followed for ever. */
const CALLS_MAX = 64;
/** The status of a call whose token has ended. */
const UNAUTHENTICATED = 16;

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
  return { code: 'NO_ENGINE', text: { en: String(thrown) }, problems: [] };
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
  const request = phone.sync_request(false);
  let failure: unknown;
  const status = await call('SyncService/Sync', request, phone.token(), (frame) => {
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

/** Sends the reply to a question about figures; it is not kept for later. */
async function replyFinding(finding: string, state: string, text: string): Promise<void> {
  const phone = opened();
  const request = phone.finding_reply(finding, state, text);
  const send = () => unary('QualityService/ReplyFinding', request, phone.token());
  let { status } = await send();
  if (status.code === UNAUTHENTICATED) {
    const failed = await renew(phone);
    status = failed ?? (await send()).status;
  }
  if (status.code !== 0) throw phone.reply_failure(status.code, status.text, status.details);
}

const session = () => parsed<Session | null>(opened().perform('session', '[]'));

const operations: WorkerOperations = {
  async open() {
    await init({ module_or_path: wasm });
    await install_files();
    engine = new Engine(REPLICA);
    return session();
  },
  async enrol(invitation) {
    await enrol(invitation);
    return session();
  },
  sync,
  async replyFinding(finding, state, text) {
    await replyFinding(finding, state, text);
    return null;
  },
};

function perform(name: string, args: unknown[]): unknown {
  if (Object.hasOwn(operations, name)) {
    const work = operations[name as keyof WorkerOperations] as (...given: unknown[]) => unknown;
    return work(...args);
  }
  return parsed(opened().perform(name, JSON.stringify(args)));
}

interface Request {
  id: number;
  name: string;
  args: unknown[];
}

let queue: Promise<unknown> = Promise.resolve();

self.onmessage = (event: MessageEvent<Request>) => {
  const { id, name, args } = event.data;
  const run = async () => {
    try {
      self.postMessage({ id, value: await perform(name, args) });
    } catch (thrown) {
      self.postMessage({ id, error: toError(thrown) });
    }
  };
  // A sync waits for the network and changes the replica only between frames; what a person does
  // meanwhile is not kept waiting.
  if (name === 'sync' || name === 'replyFinding') void run();
  else queue = queue.then(run);
};
