// Which profile is open, and the others beside it. A change of profile takes effect when the page
// loads again: the worker has opened one replica, and ends with it.
import type { Files } from './pkg/engine.js';
import type { Replicas } from './replicas';
import type { Profiles, State } from './types';
import {
  choose, chosen, makeKey, profiles, put, remove, type StoredProfile,
} from './vault';

const ENDING = '.db';

/** The name of a profile's replica for SQLite, in the files of this browser and nowhere else. */
export function replicaOf(profile: StoredProfile): string {
  return `file:${profile.id}${ENDING}?vfs=opfs-sahpool`;
}

function newProfile(): StoredProfile {
  return { id: crypto.randomUUID(), unitName: '', waiting: 0 };
}

/** A replica without its profile is one whose key the browser has lost: a person decides on it. */
async function adopt(files: Files, known: StoredProfile[]): Promise<StoredProfile[]> {
  const ids = files.names().map((name) => name.replace(/^\//, ''))
    .filter((name) => name.endsWith(ENDING)).map((name) => name.slice(0, -ENDING.length));
  const lost = ids.filter((id) => !known.some((one) => one.id === id));
  const adopted = lost.map((id) => ({ ...newProfile(), id }));
  for (const profile of adopted) await put(profile);
  return [...known, ...adopted];
}

/** The profile to open: the one chosen last, else any, else a new one. */
export async function current(files: Files): Promise<StoredProfile> {
  const all = await adopt(files, await profiles());
  const wanted = await chosen();
  const found = all.find((one) => one.id === wanted) ?? all[0];
  if (found) return found;
  const made = newProfile();
  await put(made);
  return made;
}

/** Gives a profile the key with which it enrols, and stores it before anything is signed. */
export async function withKey(profile: StoredProfile): Promise<CryptoKeyPair> {
  if (!profile.key) {
    profile.key = await makeKey();
    await put(profile);
  }
  return profile.key;
}

export async function dropKey(profile: StoredProfile): Promise<void> {
  delete profile.key;
  await put(profile);
}

/** Keeps what the list of profiles shows of this one. */
export async function note(profile: StoredProfile, unitName: string, state: State): Promise<void> {
  const waiting = state.outbox.waiting + state.outbox.sent;
  if (profile.unitName === unitName && profile.waiting === waiting) return;
  Object.assign(profile, { unitName, waiting });
  await put(profile);
}

export async function list(open: StoredProfile, isEnrolled: boolean): Promise<Profiles> {
  const all = (await profiles()).map(({ id, unitName, waiting }) => ({ id, unitName, waiting }));
  return { open: open.id, isKeyLost: isEnrolled && !open.key, all };
}

/** Chooses a profile for the next load; without an id, a new one. */
export async function change(id: string | null): Promise<void> {
  const made = newProfile();
  if (id === null) await put(made);
  await choose(id ?? made.id);
}

/** Deletes a profile with its files and its key. Its replica must be closed. */
export async function forget(replicas: Replicas, profile: StoredProfile): Promise<void> {
  const { files } = replicas;
  const start = `${profile.id}${ENDING}`;
  for (const name of files.names()) {
    if (name.replace(/^\//, '').startsWith(start)) files.remove(name);
  }
  await replicas.flush();
  await remove(profile.id);
}
