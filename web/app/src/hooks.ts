// How a screen asks the engine, and lets a person act.
import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import { ask } from './engine/client';
import type { EngineError, Names, Operations, Session, State } from './engine/types';
import { entered } from './session';
import { pick } from './texts';

/** What every screen knows. */
export interface Known {
  version: number;
  session: Session;
  state: State;
  names: Names;
}

export const KnownContext = createContext<Known | null>(null);

export function useKnown(): Known {
  const known = useContext(KnownContext);
  if (!known) throw new Error('a screen outside the app');
  return known;
}

type Answer<Name extends keyof Operations> = Awaited<ReturnType<Operations[Name]>>;

/** The engine's answer, asked again with everything new; `null` before the first one. */
export function useAnswer<Name extends keyof Operations>(
  name: Name,
  ...args: Parameters<Operations[Name]>
): { answer: Answer<Name> | null; error: EngineError | null } {
  const { version } = useKnown();
  const [answer, setAnswer] = useState<Answer<Name> | null>(null);
  const [error, setError] = useState<EngineError | null>(null);
  const asked = JSON.stringify(args);
  useEffect(() => {
    let isCurrent = true;
    const take = (found: Answer<Name>) => {
      if (!isCurrent) return;
      setAnswer(found);
      setError(null);
    };
    ask(name, ...args).then(take).catch((failed: EngineError) => isCurrent && setError(failed));
    return () => {
      isCurrent = false;
    };
  }, [version, name, asked]);
  return { answer, error };
}

/** An act of a person: one at a time, and why the engine refused the last one. */
export function useAct(): {
  isBusy: boolean;
  error: EngineError | null;
  act(work: () => Promise<unknown>): Promise<boolean>;
} {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<EngineError | null>(null);
  const act = async (work: () => Promise<unknown>) => {
    setBusy(true);
    setError(null);
    let failure: EngineError | null = null;
    try {
      await work();
    } catch (failed) {
      failure = failed as EngineError;
    }
    await entered();
    setError(failure);
    setBusy(false);
    return failure === null;
  };
  return { isBusy, error, act };
}

/** Names in place of codes. */
export function useNames(): {
  unit(code: string): string;
  element(code: string): string;
  scale(code: string): number;
} {
  const names = useContext(KnownContext)?.names;
  const find = (code: string) => names?.elements.find((one) => one.code === code);
  return {
    unit: (code) => names?.units.find((one) => one.code === code)?.name ?? code,
    element: (code) => {
      const found = find(code);
      return found ? pick(found.nameVi, found.nameEn) : code;
    },
    scale: (code) => find(code)?.scale ?? 0,
  };
}
