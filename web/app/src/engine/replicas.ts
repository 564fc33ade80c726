// Where the replicas of this browser lie: among the private files of the origin, where a commit is
// on the disk before SQLite returns; else in memory, stored in IndexedDB before anybody is told.
import { Database } from './database';
import { MemoryFile, type MemoryFiles, type Piece, provide } from './memory_files';
import { Files } from './pkg/engine.js';
import { chooseStore, chosenStore, profiles, type Store } from './vault';

/** The files of a page that was just left are free a moment later. */
const OPEN_ATTEMPTS = 10;
const OPEN_AGAIN_MS = 200;
const PIECES = 'pieces';

interface StoredPiece extends Piece {
  path: string;
}

export interface Replicas {
  readonly files: Files;
  /** Resolves once everything that has changed is on the disk. Between transactions only. */
  flush(): Promise<void>;
  /** Takes back what could not be stored. No replica may be open. */
  restore(): Promise<void>;
}

/** Whether the browser gives a worker private files with synchronous access. */
async function givesPrivateFiles(): Promise<boolean> {
  try {
    const root = await navigator.storage.getDirectory();
    const probe = await root.getFileHandle('probe', { create: true });
    const handle = await probe.createSyncAccessHandle();
    // Earlier browsers answer with a promise.
    const size: unknown = handle.getSize();
    handle.close();
    await root.removeEntry('probe');
    return size === 0 && FileSystemSyncAccessHandle !== undefined;
  } catch {
    return false;
  }
}

/**
 * Decided once: a browser that refuses its private files for a moment, or has them since its last
 * update, must not open an empty replica beside the one that holds unsent work.
 */
async function store(): Promise<Store> {
  const chosen = await chosenStore();
  if (chosen) return chosen;
  // Releases without a second store have kept profiles with private files only.
  const isKnown = (await profiles()).length > 0;
  const made = isKnown || await givesPrivateFiles() ? 'privateFiles' : 'indexedDb';
  await chooseStore(made);
  return made;
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

/** The worker of a page that was just left may still write; its lock ends with it. */
function lock(): Promise<void> {
  return new Promise((resolve) => {
    void navigator.locks.request('thidua-replicas', () => {
      resolve();
      return new Promise<void>(() => {});
    });
  });
}

/** Files in memory, whose changed pieces are stored together. */
class StoredFiles {
  readonly files: MemoryFiles = new Map();
  private readonly base = new Database('thidua-replicas', (made) => {
    made.createObjectStore(PIECES, { keyPath: ['path', 'at'] });
  });
  private storing = Promise.resolve();

  /** After one that failed all fail, until the files are restored. */
  flush(): Promise<void> {
    this.storing = this.storing.then(() => this.store());
    return this.storing;
  }

  private async store(): Promise<void> {
    const changes: StoredPiece[] = [...this.files].flatMap(([path, file]) =>
      file.takeChanges().map((piece) => ({ path, ...piece })));
    if (changes.length === 0) return;
    await this.base.write(PIECES, (to) => {
      for (const piece of changes) {
        if (piece.bytes.length > 0) to.put(piece);
        else to.delete([piece.path, piece.at]);
      }
    });
  }

  async restore(): Promise<void> {
    const all = await this.base.read<StoredPiece[]>(PIECES, (of) => of.getAll());
    for (const { path } of all) {
      if (!this.files.has(path)) this.files.set(path, new MemoryFile());
    }
    for (const [path, file] of this.files) file.restore(all.filter((one) => one.path === path));
    this.storing = Promise.resolve();
  }
}

/** Opens the files of the replicas. Fails where the browser has neither store. */
export async function openReplicas(): Promise<Replicas> {
  if (await store() === 'privateFiles') {
    const nothing = async () => {};
    return { files: await installFiles(), flush: nothing, restore: nothing };
  }
  await lock();
  const stored = new StoredFiles();
  await stored.restore();
  provide(stored.files);
  const files = await Files.install();
  return { files, flush: () => stored.flush(), restore: () => stored.restore() };
}
