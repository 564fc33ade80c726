// The page's side of the worker.
import type { EngineError, Operations } from './types';

interface Waiting {
  resolve(value: never): void;
  reject(error: EngineError): void;
}

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
const waiting = new Map<number, Waiting>();
let last = 0;

interface Answer {
  id: number;
  value?: never;
  error?: EngineError;
}

/** Called when a call that follows has brought something. */
let onChange = () => {};

export function listenToChanges(listener: () => void): void {
  onChange = listener;
}

worker.onmessage = (event: MessageEvent<Answer | { changed: true }>) => {
  if ('changed' in event.data) {
    onChange();
    return;
  }
  const { id, value, error } = event.data;
  const one = waiting.get(id);
  waiting.delete(id);
  if (error) one?.reject(error);
  else one?.resolve(value as never);
};

/** Asks the engine. Rejects with an `EngineError`. */
export function ask<Name extends keyof Operations>(
  name: Name,
  ...args: Parameters<Operations[Name]>
): Promise<Awaited<ReturnType<Operations[Name]>>> {
  last += 1;
  const id = last;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker.postMessage({ id, name, args });
  });
}

/** Resolves once this tab leads; another tab of the app keeps it waiting. */
export function lead(waits: () => void): Promise<void> {
  return new Promise((resolve) => {
    const held = () => {
      resolve();
      return new Promise<void>(() => {});
    };
    void navigator.locks.request('thidua-app', { ifAvailable: true }, (lock) => {
      if (lock) return held();
      waits();
      void navigator.locks.request('thidua-app', held);
      return undefined;
    });
  });
}
