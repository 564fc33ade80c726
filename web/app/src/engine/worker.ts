// The engine's worker: one replica, one outbox, one call at a time. Only the tab that holds the
// lock opens the replica; another tab would lose data without a word.
import init, { Engine } from './pkg/engine.js';
import wasm from './pkg/engine_bg.wasm?url';
import { call, unary, type CallStatus } from './carry';
import * as stored from './profiles';
import { openReplicas, type Replicas } from './replicas';
import type { EngineError, Session, State, SyncEnd, WorkerOperations } from './types';
import { keepReminder, publicKey, sign, type StoredProfile } from './vault';

/** Most calls of one sync: a server that always asks for another one is not followed for ever. */
const CALLS_MAX = 64;
/** The end of calls that are worth another try. */
const LATER: SyncEnd = { outcome: 'offline', afterMs: 5000 };
/** The status of a call whose token has ended. */
const UNAUTHENTICATED = 16;
/** The status of a stream that was closed on purpose. */
const CLOSED: CallStatus = { code: 0, text: '', details: new Uint8Array(0) };

let engine: Engine | undefined;
let replicas: Replicas | undefined;
let profile: StoredProfile | undefined;

function opened(): Engine {
  if (!engine) throw new Error('not open');
  return engine;
}

function openProfile(): StoredProfile {
  if (!profile) throw new Error('not open');
  return profile;
}

function parsed<T>(json: string): T {
  return JSON.parse(json) as T;
}

function toError(thrown: unknown): EngineError {
  if (typeof thrown === 'string' && thrown.startsWith('{')) return parsed<EngineError>(thrown);
  return { code: 'NO_ENGINE', text: { en: String(thrown) }, problems: [] };
}

let restoring: Promise<void> | undefined;

/** Opens again what is stored: a person who was not told that something is saved enters it anew. */
async function restore(from: Replicas): Promise<void> {
  underWay?.abort.abort();
  const phone = engine;
  engine = undefined;
  phone?.free();
  await from.restore();
  if (phone) engine = new Engine(stored.replicaOf(openProfile()));
  restoring = undefined;
}

/** Before this nobody is told and nothing is sent that the replica could still forget. */
async function flush(): Promise<void> {
  if (!replicas) return;
  try {
    await replicas.flush();
  } catch (error) {
    restoring ??= restore(replicas);
    await restoring;
    throw replicas.files.failure(String(error));
  }
}

const send: typeof unary = async (...request) => {
  await flush();
  return unary(...request);
};

async function renew(phone: Engine): Promise<CallStatus | undefined> {
  const begun = await send('AccessService/BeginRenewal', phone.begin_renewal_request());
  if (begun.status.code !== 0) return begun.status;
  const { key } = openProfile();
  if (!key) throw phone.key_is_lost();
  const nonce = phone.renewal_nonce(begun.answer);
  const signature = await sign(key, phone.renewal_bytes_to_sign(nonce));
  const renewed = await send('AccessService/RenewToken', phone.renew_request(nonce, signature));
  if (renewed.status.code !== 0) return renewed.status;
  phone.renew_response(renewed.answer);
  return undefined;
}

interface Next {
  next: 'done' | 'again' | 'wait' | 'renew' | 'other';
  afterMs?: number;
}

/** The calls under way: the engine makes one at a time. */
interface Exchange {
  follows: boolean;
  abort: AbortController;
  ended: Promise<SyncEnd>;
}

let underWay: Exchange | undefined;

/** One call; one that follows stays open until it is aborted or the engine has another to make. */
async function oneCall(phone: Engine, abort: AbortController, follows: boolean): Promise<Next> {
  const request = phone.sync_request(follows);
  let failure: unknown;
  const take = (frame: Uint8Array) => {
    if (failure !== undefined) return;
    try {
      phone.sync_frame(frame);
      if (!follows) return;
      self.postMessage({ changed: true });
      if (phone.needs_another_call()) abort.abort();
    } catch (error) {
      failure = error;
    }
  };
  await flush();
  let status = await call('SyncService/Sync', request, phone.token(), take, abort.signal);
  if (follows && abort.signal.aborted) status = CLOSED;
  const next = parsed<Next>(phone.sync_end(status.code, status.text, status.details));
  if (failure !== undefined) throw failure;
  return next;
}

/** Makes calls until there is nothing more to exchange, or the server cannot be reached. */
async function exchange(abort: AbortController, follows: boolean): Promise<SyncEnd> {
  const phone = opened();
  try {
    for (let made = 0; made < CALLS_MAX; made += 1) {
      let next = await oneCall(phone, abort, follows);
      if (next.next === 'renew') {
        const failed = await renew(phone);
        if (failed) {
          next = parsed<Next>(phone.renewal_failure(failed.code, failed.text, failed.details));
        }
      }
      if (next.next === 'done' || abort.signal.aborted) return { outcome: 'done', afterMs: 0 };
      if (next.next === 'wait') return { outcome: 'offline', afterMs: next.afterMs ?? 5000 };
    }
    return LATER;
  } catch (thrown) {
    // A device that was revoked enrols with another key.
    if (engine && !session()) await stored.dropKey(openProfile());
    const error = toError(thrown);
    // The replica was restored below the call, which is made again.
    const isLeft = phone !== engine && error.code === 'NO_ENGINE';
    return isLeft ? LATER : { outcome: 'stopped', afterMs: 0, error };
  }
}

async function start(follows: boolean): Promise<SyncEnd> {
  await endCalls();
  const abort = new AbortController();
  const ended = exchange(abort, follows);
  underWay = { follows, abort, ended };
  return ended;
}

/** Ends the calls under way; what they have brought stays. */
async function endCalls(): Promise<void> {
  underWay?.abort.abort();
  await underWay?.ended;
  underWay = undefined;
}

async function enrol(invitation: string): Promise<void> {
  const phone = opened();
  const key = await stored.withKey(openProfile());
  const point = await publicKey(key);
  const signature = await sign(key, phone.enrolment_bytes_to_sign(invitation, point));
  const request = phone.enrol_request(point, signature);
  const { answer, status } = await send('AccessService/Enrol', request);
  if (status.code !== 0) throw phone.enrol_failure(status.code, status.text, status.details);
  phone.enrol_response(answer);
}

/** Sends the reply to a question about figures; it is not kept for later. */
async function replyFinding(finding: string, state: string, text: string): Promise<void> {
  const phone = opened();
  const request = phone.finding_reply(finding, state, text);
  const reply = () => send('QualityService/ReplyFinding', request, phone.token());
  let { status } = await reply();
  if (status.code === UNAUTHENTICATED) {
    const failed = await renew(phone);
    status = failed ?? (await reply()).status;
  }
  if (status.code !== 0) throw phone.reply_failure(status.code, status.text, status.details);
}

const session = () => parsed<Session | null>(opened().perform('session', '[]'));

async function state(): Promise<State> {
  const now = parsed<State>(opened().perform('state', '[]'));
  const enrolled = session();
  const name = enrolled?.unitName || enrolled?.unit;
  // With a full disk only the menu of units is behind.
  if (name) await stored.note(openProfile(), name, now).catch(console.warn);
  return now;
}

/** Deletes everything of the open profile; the page loads again. */
async function signOut(): Promise<void> {
  await endCalls();
  const phone = opened();
  phone.perform('erase', '[]');
  engine = undefined;
  phone.free();
  if (replicas) await stored.forget(replicas, openProfile());
  await keepReminder(null);
}

/** Leaves this profile for another, or for a new one; one that never enrolled does not stay. */
async function changeProfile(id: string | null): Promise<void> {
  await stored.change(id);
  if (!session()) await signOut();
}

async function exportCommands(): Promise<{ bytes: Uint8Array; count: number }> {
  const phone = opened();
  const { key } = openProfile();
  if (!key) throw phone.key_is_lost();
  const unsigned = phone.begin_export();
  const count = unsigned.command_count();
  const signature = await sign(key, unsigned.bytes_to_sign());
  return { bytes: phone.finish_export(unsigned, signature), count };
}

const operations: WorkerOperations = {
  async open() {
    await init({ module_or_path: wasm });
    replicas = await openReplicas();
    profile = await stored.current(replicas.files);
    const phone = new Engine(stored.replicaOf(profile));
    await flush();
    engine = phone;
    return session();
  },
  async enrol(invitation) {
    await enrol(invitation);
    return session();
  },
  sync: () => start(false),
  follow: () => start(true),
  async endFollow() {
    if (underWay?.follows) await endCalls();
    return null;
  },
  async replyFinding(finding, state, text) {
    await replyFinding(finding, state, text);
    return null;
  },
  state,
  profiles: () => stored.list(openProfile(), session() !== null),
  async changeProfile(id) {
    await changeProfile(id);
    return null;
  },
  exportCommands,
  async erase() {
    await signOut();
    return null;
  },
};

/** What was asked may have changed the replica even if it fails: a revoked device is erased. */
async function finish(asked: Promise<unknown>): Promise<unknown> {
  try {
    return await asked;
  } finally {
    await flush();
  }
}

async function perform(name: string, args: unknown[]): Promise<unknown> {
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

const CALLS = new Set(['sync', 'follow', 'endFollow', 'replyFinding']);

let queue: Promise<unknown> = Promise.resolve();

self.onmessage = (event: MessageEvent<Request>) => {
  const { id, name, args } = event.data;
  const run = async () => {
    try {
      const value = await finish(perform(name, args));
      self.postMessage({ id, value });
    } catch (thrown) {
      self.postMessage({ id, error: toError(thrown) });
    }
  };
  // A call waits for the network and changes the replica only between frames; what a person does
  // meanwhile is not kept waiting.
  if (CALLS.has(name)) void run();
  else queue = queue.then(run);
};
