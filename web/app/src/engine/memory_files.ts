// Files in memory behind the interface of the private files of an origin (OPFS), as far as the
// engine's file system calls it. Each knows which of its pieces have changed.

/** Four pages of SQLite: an act changes few of them, and a replica has not too many. */
export const PIECE_BYTES = 16 * 1024;

/** A piece of a file, by its number. */
export interface Piece {
  at: number;
  bytes: Uint8Array;
}

export class MemoryFile {
  private content = new Uint8Array(PIECE_BYTES);
  private changed = new Set<number>();
  size = 0;

  private change(from: number, to: number): void {
    const first = Math.floor(from / PIECE_BYTES);
    for (let at = first; at * PIECE_BYTES < to; at += 1) this.changed.add(at);
  }

  read(into: Uint8Array, from: number): number {
    const found = this.content.subarray(from, Math.min(this.size, from + into.length));
    into.set(found);
    return found.length;
  }

  write(bytes: Uint8Array, to: number): void {
    if (to + bytes.length > this.size) this.resize(to + bytes.length);
    // The engine writes the names of unused files anew when it opens; a full disk must not matter.
    if (bytes.every((byte, index) => byte === this.content[to + index])) return;
    this.content.set(bytes, to);
    this.change(to, to + bytes.length);
  }

  resize(size: number): void {
    if (size === this.size) return;
    this.change(Math.min(size, this.size), Math.max(size, this.size));
    if (size > this.content.length) {
      const larger = new Uint8Array(Math.max(size, 2 * this.content.length));
      larger.set(this.content);
      this.content = larger;
    }
    if (size < this.size) this.content.fill(0, size, this.size);
    this.size = size;
  }

  /** What has changed since the last time; a piece behind the end of the file has no bytes. */
  takeChanges(): Piece[] {
    const pieces = [...this.changed].map((at) => {
      const start = at * PIECE_BYTES;
      return { at, bytes: this.content.slice(start, Math.min(this.size, start + PIECE_BYTES)) };
    });
    this.changed.clear();
    return pieces;
  }

  /** Becomes what is stored, in place: who has opened it goes on with it. */
  restore(pieces: Piece[]): void {
    this.resize(0);
    for (const { at, bytes } of pieces) this.write(bytes, at * PIECE_BYTES);
    this.changed.clear();
  }
}

interface Place {
  at: number;
}

class SyncAccessHandle {
  constructor(private readonly file: MemoryFile) {}

  getSize(): number {
    return this.file.size;
  }

  read(into: Uint8Array, { at }: Place): number {
    return this.file.read(into, at);
  }

  write(bytes: Uint8Array, { at }: Place): number {
    this.file.write(bytes, at);
    return bytes.length;
  }

  truncate(size: number): void {
    this.file.resize(size);
  }

  flush(): void {}

  close(): void {}
}

class FileHandle {
  readonly kind = 'file';

  constructor(private readonly file: MemoryFile) {}

  async createSyncAccessHandle(): Promise<SyncAccessHandle> {
    return new SyncAccessHandle(this.file);
  }
}

/** Files by their whole paths. */
export type MemoryFiles = Map<string, MemoryFile>;

class DirectoryHandle {
  readonly kind = 'directory';

  constructor(
    private readonly files: MemoryFiles,
    private readonly path: string,
  ) {}

  async getDirectoryHandle(name: string): Promise<DirectoryHandle> {
    return new DirectoryHandle(this.files, `${this.path}${name}/`);
  }

  async getFileHandle(name: string): Promise<FileHandle> {
    const path = this.path + name;
    const file = this.files.get(path) ?? new MemoryFile();
    this.files.set(path, file);
    return new FileHandle(file);
  }

  async* entries(): AsyncGenerator<[string, FileHandle]> {
    for (const [path, file] of [...this.files]) {
      const name = path.slice(this.path.length);
      if (path.startsWith(this.path) && !name.includes('/')) yield [name, new FileHandle(file)];
    }
  }
}

/** Puts the files where the engine looks for the private files of the origin. */
export function provide(files: MemoryFiles): void {
  const storage = { getDirectory: async () => new DirectoryHandle(files, '') };
  Object.defineProperty(navigator, 'storage', { value: storage });
  Object.assign(self, {
    FileSystemSyncAccessHandle: SyncAccessHandle,
    FileSystemFileHandle: FileHandle,
  });
}
