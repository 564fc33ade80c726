// The engine's worker: one replica, one outbox, one call at a time. Only the tab that holds the
// lock opens the replica; another tab would lose data without a word.
import init, { Engine, Files } from './pkg/engine.js';
import wasm from './pkg/engine_bg.wasm?url';
import { call, unary, type CallStatus } from './carry';
import * as stored from './profiles';
import type { EngineError, Operations, ReportKey, Session, State, SyncEnd } from './types';
import { publicKey, sign, type StoredProfile } from './vault';

/** Most calls of one sync: a server that always asks for another one is not followed for ever. */
const CALLS_MAX = 64;
/** The files of a page that was just left are free a moment later. */
const OPEN_ATTEMPTS = 10;
const OPEN_AGAIN_MS = 200;

let engine: Engine | undefined;
let files: Files | undefined;
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
  return { code: 'NO_ENGINE', text: String(thrown), problems: [] };
}

async function renew(phone: Engine): Promise<CallStatus | undefined> {
  const begun = await unary('AccessService/BeginRenewal', phone.begin_renewal_request());
  if (begun.status.code !== 0) return begun.status;
  const { key } = openProfile();
  if (!key) throw phone.key_is_lost();
  const nonce = phone.renewal_nonce(begun.answer);
  const signature = await sign(key, phone.renewal_bytes_to_sign(nonce));
  const renewed = await unary('AccessService/RenewToken', phone.renew_request(nonce, signature));
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
    // A device that was revoked enrols with another key.
    if (engine && !session()) await stored.dropKey(openProfile());
    return { outcome: 'stopped', afterMs: 0, error: toError(thrown) };
  }
}

async function enrol(invitation: string): Promise<void> {
  const phone = opened();
  const key = await stored.withKey(openProfile());
  const point = await publicKey(key);
  const signature = await sign(key, phone.enrolment_bytes_to_sign(invitation, point));
  const request = phone.enrol_request(point, signature);
  const { answer, status } = await unary('AccessService/Enrol', request);
  if (status.code !== 0) throw phone.enrol_failure(status.code, status.text, status.details);
  phone.enrol_response(answer);
}

const session = (): Session | null => parsed(opened().session());

async function state(): Promise<State> {
  const now = parsed<State>(opened().state());
  const enrolled = session();
  if (enrolled) await stored.note(openProfile(), enrolled.unitName || enrolled.unit, now);
  return now;
}

async function installFiles(): Promise<Files> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await Files.install();
    } catch (error) {
      if (attempt === OPEN_ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, OPEN_AGAIN_MS));
    }
  }
}

/** Deletes everything of the open profile; the page loads again. */
async function signOut(): Promise<void> {
  const phone = opened();
  phone.erase();
  engine = undefined;
  phone.free();
  if (files) await stored.forget(files, openProfile());
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

const keyText = (key: ReportKey) => JSON.stringify(key);

type Work = { [Name in keyof Operations]: (...args: Parameters<Operations[Name]>) => unknown };

const operations: Work = {
  async open(lang) {
    await init({ module_or_path: wasm });
    files = await installFiles();
    profile = await stored.current(files);
    engine = new Engine(stored.replicaOf(profile), lang);
    return session();
  },
  async enrol(invitation) {
    await enrol(invitation);
    return session();
  },
  sync,
  state,
  session,
  due: (fromDay, toDay) => parsed(opened().due_reports(fromDay, toDay)),
  report: (key) => parsed(opened().report(keyText(key))),
  save: (key, cells, note) =>
    parsed(opened().save(keyText(key), JSON.stringify(cells), note ?? undefined)),
  saveNil: (key, carried) => parsed(opened().save_nil(keyText(key), carried)),
  submit: (reportId) => parsed(opened().submit(reportId)),
  refused: () => parsed(opened().refused_commands()),
  discard: (number) => opened().discard_refused(BigInt(number)),
  records: () => parsed(opened().all_records()),
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
