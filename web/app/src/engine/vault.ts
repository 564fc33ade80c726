// The profiles of this browser: every enrolment has a replica of its own, and a key that signs but
// that no script can read. IndexedDB can hold such a key; the replicas are files of the origin.

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
const CURVE = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' };

let opening: Promise<IDBDatabase> | undefined;

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function database(): Promise<IDBDatabase> {
  if (opening) return opening;
  const request = indexedDB.open('thidua', 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(PROFILES, { keyPath: 'id' });
    request.result.createObjectStore(CHOICES);
  };
  opening = answer(request);
  return opening;
}

async function read<T>(store: string, work: (of: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  return answer(work((await database()).transaction(store).objectStore(store)));
}

/** Resolves once the change is on the disk: a key that is lost after its enrolment ends it. */
async function write(store: string, work: (to: IDBObjectStore) => unknown): Promise<void> {
  const base = await database();
  const transaction = base.transaction(store, 'readwrite', { durability: 'strict' });
  work(transaction.objectStore(store));
  await new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

export function profiles(): Promise<StoredProfile[]> {
  return read(PROFILES, (store) => store.getAll() as IDBRequest<StoredProfile[]>);
}

export function put(profile: StoredProfile): Promise<void> {
  return write(PROFILES, (store) => store.put(profile));
}

export function remove(id: string): Promise<void> {
  return write(PROFILES, (store) => store.delete(id));
}

/** The profile that was chosen last. */
export function chosen(): Promise<string | undefined> {
  return read(CHOICES, (store) => store.get(OPEN) as IDBRequest<string | undefined>);
}

export function choose(id: string): Promise<void> {
  return write(CHOICES, (store) => store.put(id, OPEN));
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
