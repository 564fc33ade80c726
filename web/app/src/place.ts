// Where a person is in the app. The browser's own history keeps it, so that its way back works; no
// address says it.
import { useEffect, useState } from 'preact/hooks';
import type { ReportKey } from './engine/types';

export type Tab = 'due' | 'review' | 'decisions' | 'findings' | 'campaigns' | 'standings';

export interface Place {
  tab: Tab;
  /** The report that is open, and what it is called; `isNil`: it begins with "nothing occurred". */
  report?: { key: ReportKey; title: string; period: string; isNil: boolean };
}

type Listener = (place: Place | undefined) => void;

const listeners = new Set<Listener>();

function present(): Place | undefined {
  return (history.state as { place?: Place } | null)?.place;
}

function tell(): void {
  for (const listener of listeners) listener(present());
}

window.addEventListener('popstate', tell);

/** Goes to a place. */
export function go(place: Place): void {
  history.pushState({ place }, '');
  window.scrollTo(0, 0);
  tell();
}

/** Goes back to where the person was. */
export function goBack(): void {
  history.back();
}

/** Where the person is; before the first step `undefined`. */
export function usePlace(): Place | undefined {
  const [place, setPlace] = useState(present());
  useEffect(() => {
    listeners.add(setPlace);
    return () => void listeners.delete(setPlace);
  }, []);
  return place;
}

/** Loads the page anew for another profile, or for none: nothing of this one stays open. */
export function leave(): void {
  history.replaceState(null, '');
  location.reload();
}
