// The profiles of this browser: every enrolment has a replica of its own, and a key that signs but
// that no script can read. IndexedDB can hold such a key.
import { Database } from './database';

/** One enrolment, or one that is to come. */
export interface StoredProfile {
  id: string;
  /** The unit's name; empty before the enrolment. */
  unitName: string;
  /** Acts that the server had not answered when the profile was last open. */
  waiting: number;
  /** Missing if the browser has lost it. */
  key?: CryptoKeyPair;
}

const PROFILES = 'profiles';
const CHOICES = 'choices';
const OPEN = 'open';
const STORE = 'store';
const REMINDER = 'reminder';
const CURVE = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' };

const base = new Database('thidua', (made) => {
  made.createObjectStore(PROFILES, { keyPath: 'id' });
  made.createObjectStore(CHOICES);
});

export function profiles(): Promise<StoredProfile[]> {
  return base.read<StoredProfile[]>(PROFILES, (store) => store.getAll());
}

/** A key that is lost after its enrolment ends it: this resolves once it is on the disk. */
export function put(profile: StoredProfile): Promise<void> {
  return base.write(PROFILES, (store) => store.put(profile));
}

export function remove(id: string): Promise<void> {
  return base.write(PROFILES, (store) => store.delete(id));
}

function choice<T extends string>(name: string): Promise<T | undefined> {
  return base.read<T | undefined>(CHOICES, (store) => store.get(name));
}

/** The profile that was chosen last. */
export const chosen = () => choice(OPEN);

export function choose(id: string): Promise<void> {
  return base.write(CHOICES, (store) => store.put(id, OPEN));
}

/** What the service worker reminds of while the app is closed; it reads nothing else. */
export interface Reminder {
  title: string;
  /** Has `{count}` where the number of reports stands. */
  body: string;
  /** The last day on which each report that is not sent can be sent, in days since 1970. */
  lastDays: number[];
}

/** Without one nothing is reminded of. */
export function keepReminder(reminder: Reminder | null): Promise<void> {
  return base.write(CHOICES, (store) =>
    reminder ? store.put(reminder, REMINDER) : store.delete(REMINDER));
}

/** Where the replicas lie. */
export type Store = 'privateFiles' | 'indexedDb';

export const chosenStore = () => choice<Store>(STORE);

export function chooseStore(made: Store): Promise<void> {
  return base.write(CHOICES, (store) => store.put(made, STORE));
}

/** A new key; only its public half can leave the browser. */
export function makeKey(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(CURVE, false, ['sign', 'verify']);
}

/** The public key as an uncompressed point. */
export async function publicKey(key: CryptoKeyPair): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.exportKey('raw', key.publicKey));
}

/** The signature, r and s in 64 bytes. */
export async function sign(key: CryptoKeyPair, bytes: Uint8Array): Promise<Uint8Array> {
  const message = bytes as Uint8Array<ArrayBuffer>;
  return new Uint8Array(await crypto.subtle.sign(SIGNATURE, key.privateKey, message));
}
