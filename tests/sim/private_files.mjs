// The private files of an origin (OPFS) for Node.js, as far as the engine's file system needs them,
// over a directory. What was written and not flushed is lost when the process is killed: no order
// of events on a real device is worse for an engine that says "saved" before it flushes.
import { closeSync, existsSync, fstatSync, ftruncateSync, mkdirSync, openSync, readFileSync,
  readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const missing = (name) => Object.assign(new Error(name), { name: 'NotFoundError' });

/** Reads see every write; the disk only those before the last flush. */
class SyncAccessHandle {
  #disk;
  #bytes;
  #size;
  #unflushed = [];

  constructor(path) {
    this.#disk = openSync(path, 'r+');
    this.#bytes = readFileSync(path);
    this.#size = this.#bytes.length;
  }

  #reserve(size) {
    if (size <= this.#bytes.length) return;
    const larger = Buffer.alloc(Math.max(size, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.#size);
    this.#bytes = larger;
  }

  getSize() {
    return this.#size;
  }

  read(into, { at = 0 } = {}) {
    const end = Math.min(this.#size, at + into.length);
    if (end <= at) return 0;
    into.set(this.#bytes.subarray(at, end));
    return end - at;
  }

  write(from, { at = 0 } = {}) {
    const end = at + from.length;
    this.#reserve(end);
    if (at > this.#size) this.#bytes.fill(0, this.#size, at);
    this.#bytes.set(from, at);
    this.#size = Math.max(this.#size, end);
    const copy = Buffer.from(from);
    this.#unflushed.push((disk) => writeSync(disk, copy, 0, copy.length, at));
    return from.length;
  }

  truncate(size) {
    this.#reserve(size);
    if (size > this.#size) this.#bytes.fill(0, this.#size, size);
    this.#size = size;
    this.#unflushed.push((disk) => ftruncateSync(disk, size));
  }

  flush() {
    for (const change of this.#unflushed) change(this.#disk);
    this.#unflushed = [];
    if (fstatSync(this.#disk).size !== this.#size) throw new Error('the flushed size is another');
  }

  close() {
    this.flush();
    closeSync(this.#disk);
  }
}

class FileHandle {
  kind = 'file';

  constructor(path) {
    this.path = path;
  }

  async createSyncAccessHandle() {
    return new SyncAccessHandle(this.path);
  }
}

class DirectoryHandle {
  kind = 'directory';

  constructor(path) {
    this.path = path;
  }

  async getDirectoryHandle(name, { create = false } = {}) {
    const path = join(this.path, name);
    if (!existsSync(path) && !create) throw missing(name);
    mkdirSync(path, { recursive: true });
    return new DirectoryHandle(path);
  }

  async getFileHandle(name, { create = false } = {}) {
    const path = join(this.path, name);
    if (!existsSync(path) && !create) throw missing(name);
    closeSync(openSync(path, 'a'));
    return new FileHandle(path);
  }

  async removeEntry(name) {
    rmSync(join(this.path, name));
  }

  async* entries() {
    for (const name of readdirSync(this.path)) {
      const path = join(this.path, name);
      yield [name, statSync(path).isDirectory() ? new DirectoryHandle(path) : new FileHandle(path)];
    }
  }
}

/** Makes this process look like a dedicated worker whose private files lie in `directory`. */
export function providePrivateFiles(directory) {
  class DedicatedWorkerGlobalScope {
    static [Symbol.hasInstance](value) {
      return value === globalThis;
    }
  }
  const storage = { getDirectory: async () => new DirectoryHandle(directory) };
  Object.assign(globalThis, {
    DedicatedWorkerGlobalScope,
    FileSystemSyncAccessHandle: SyncAccessHandle,
    FileSystemFileHandle: FileHandle,
  });
  Object.defineProperty(globalThis, 'navigator', { value: { storage }, configurable: true });
}
