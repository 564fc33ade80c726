// A database of IndexedDB, as far as the app needs one.

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export class Database {
  private opening: Promise<IDBDatabase> | undefined;

  /** Opens it with the first question; `create` makes its stores. */
  constructor(
    private readonly name: string,
    private readonly create: (made: IDBDatabase) => void,
  ) {}

  private open(): Promise<IDBDatabase> {
    if (this.opening) return this.opening;
    const request = indexedDB.open(this.name, 1);
    request.onupgradeneeded = () => this.create(request.result);
    this.opening = answer(request);
    return this.opening;
  }

  async read<T>(store: string, ask: (of: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    return answer(ask((await this.open()).transaction(store).objectStore(store)));
  }

  /** Resolves once all of the change is on the disk; a change that fails leaves nothing. */
  async write(store: string, change: (to: IDBObjectStore) => unknown): Promise<void> {
    const base = await this.open();
    const transaction = base.transaction(store, 'readwrite', { durability: 'strict' });
    change(transaction.objectStore(store));
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
  }
}
