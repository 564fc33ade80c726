// The state of the app beside the engine: who is enrolled, what waits, and the next sync.
import { ask, listenToChanges } from './engine/client';
import type { EngineError, Names, Session, State, SyncEnd } from './engine/types';

export type Network = 'syncing' | 'online' | 'offline' | 'stopped';

export interface AppState {
  /** Grows whenever the engine may hold something new, and with nothing else. */
  version: number;
  session: Session | null;
  state: State | null;
  names: Names;
  network: Network;
  error: EngineError | null;
}

type Listener = (state: AppState) => void;

const SYNC_EVERY_MS = 60_000;
const RETRY_MS_MIN = 1000;
/** Frames of one change arrive together. */
const REFRESH_AFTER_MS = 30;

const NO_NAMES: Names = { units: [], elements: [] };

let current: AppState = {
  version: 0, session: null, state: null, names: NO_NAMES, network: 'offline', error: null,
};
let listener: Listener = () => {};
let timer: number | undefined;
let isSyncing = false;

function set(change: Partial<AppState>): void {
  current = { ...current, ...change };
  listener(current);
}

export function listen(to: Listener): void {
  listener = to;
  listener(current);
}

/** Reads again what the engine knows of itself; shows it together with what else has changed. */
export async function refresh(change: Partial<AppState> = {}): Promise<void> {
  const [session, state] = [await ask('session'), await ask('state')];
  const isOpen = session !== null && session.unit !== '' && !state.lease?.isExpired;
  const names = isOpen ? await ask('names') : NO_NAMES;
  set({ ...change, version: current.version + 1, session, state, names });
}

function plan(afterMs: number): void {
  window.clearTimeout(timer);
  timer = window.setTimeout(() => void syncNow(), afterMs);
}

/** Sends what waits and receives what is new; tries again by itself. */
export async function syncNow(): Promise<SyncEnd | undefined> {
  if (isSyncing || !current.session) return undefined;
  isSyncing = true;
  set({ network: 'syncing' });
  const stopped = (error: EngineError): SyncEnd => ({ outcome: 'stopped', afterMs: 0, error });
  const end = await ask('sync').catch(stopped);
  isSyncing = false;
  const network = end.outcome === 'done' ? 'online' : end.outcome;
  const ended: Partial<AppState> = { network, error: end.error ?? null };
  await refresh(ended).catch((error: EngineError) => set({ ...ended, error }));
  if (end.outcome === 'done') void follow();
  else if (end.outcome === 'offline') plan(Math.max(end.afterMs, RETRY_MS_MIN));
  return end;
}

/** While the app is looked at it hears what is new as it happens; the next sync ends that. */
async function follow(): Promise<void> {
  if (document.visibilityState !== 'visible') {
    plan(SYNC_EVERY_MS);
    return;
  }
  // It ends without an answer when the profile is left meanwhile.
  const end = await ask('follow').catch(() => undefined);
  if (!end || isSyncing) return;
  if (end.outcome !== 'done') set({ network: end.outcome, error: end.error ?? null });
  if (end.outcome !== 'stopped') plan(Math.max(end.afterMs, RETRY_MS_MIN));
}

/** What was entered is sent at once if there is a connection. */
export async function entered(): Promise<void> {
  await refresh().catch(console.warn);
  void syncNow();
}

let refreshing: number | undefined;

listenToChanges(() => {
  window.clearTimeout(refreshing);
  const read = () => refresh().catch(console.warn);
  refreshing = window.setTimeout(() => void read(), REFRESH_AFTER_MS);
});
window.addEventListener('online', () => void syncNow());
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') void syncNow();
  else void ask('endFollow');
});
