// What stands around every screen: who is here, what waits, where one can go.
import { useEffect, useState } from 'preact/hooks';
import type { Session } from '../engine/types';
import { useAnswer, useKnown } from '../hooks';
import { go, type Place, type Tab } from '../place';
import { isOverdue, useDueReports } from '../screens/due';
import { type AppState, syncNow } from '../session';
import { say } from '../texts';
import { Failure } from './failure';
import { LanguageButtons } from './language';
import { Invited, KeyLost, signOut, Units } from './units';

/** The unit, the connection, and what waits. */
export function Bar({ app }: { app: AppState }) {
  const { state, network, session } = app;
  if (!state || !session) return null;
  const { waiting, sent, refused, held } = state.outbox;
  const count = waiting + sent;
  return (
    <header>
      <div>
        <Units name={session.unitName || session.unit || say('title')} />
        <p role="status" class={network === 'online' || network === 'syncing' ? 'net' : 'net off'}>
          {say(`net-${network}`)}
          {count > 0 && <> · {say('net-waiting', { count })}</>}
          {refused > 0 && <> · {say('net-refused', { count: refused })}</>}
          {held > 0 && <> · {say('net-held', { count: held })}</>}
        </p>
      </div>
      <button onClick={() => void syncNow()} disabled={network === 'syncing'}>
        {say('net-sync')}
      </button>
    </header>
  );
}

/** What a person should know before anything else. */
export function Notices({ app }: { app: AppState }) {
  const { state, error } = app;
  return (
    <div class="page">
      <Update />
      <Install />
      <Invited />
      <KeyLost />
      {error?.code !== 'DEVICE_KEY' && <Failure error={error} />}
      {state?.clock.isWrong && <p class="ask">{say('clock-wrong')}</p>}
      {state?.lease?.isExpired && <p class="ask">{say('locked')}</p>}
    </div>
  );
}

/** A new app is taken when a person agrees: never in the middle of a form. */
function Update() {
  const [waiting, setWaiting] = useState<ServiceWorker | null>(null);
  useEffect(() => {
    const follow = (registration: ServiceWorkerRegistration) => {
      const look = () => setWaiting(registration.waiting);
      look();
      registration.addEventListener('updatefound', () => {
        registration.installing?.addEventListener('statechange', look);
      });
    };
    // Under a certificate that the device does not trust there is none: no offline start.
    const registered = navigator.serviceWorker?.register('/app/sw.js', { scope: '/app/' });
    registered?.then(follow).catch(console.warn);
  }, []);
  const change = () => {
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload());
    waiting?.postMessage('change');
  };
  if (!waiting || !navigator.serviceWorker.controller) return null;
  return <p class="ask">{say('update')} <button onClick={change}>{say('update-do')}</button></p>;
}

/** The event with which a browser offers to install the app; not in the library of TypeScript. */
interface InstallOffer extends Event {
  prompt(): Promise<void>;
}

/** The browser's offer to put the app among the others of the device. */
function Install() {
  const [offer, setOffer] = useState<InstallOffer | null>(null);
  useEffect(() => {
    const keep = (event: Event) => {
      event.preventDefault();
      setOffer(event as InstallOffer);
    };
    window.addEventListener('beforeinstallprompt', keep);
    return () => window.removeEventListener('beforeinstallprompt', keep);
  }, []);
  const install = () => {
    void offer?.prompt();
    setOffer(null);
  };
  if (!offer) return null;
  return (
    <p class="ask">
      {say('install')} <button onClick={install}>{say('install-do')}</button>{' '}
      <button onClick={() => setOffer(null)}>{say('install-not')}</button>
    </p>
  );
}

/** The screens that this person's roles have use for. */
function tabsOf({ roles }: Session): Tab[] {
  const reports = roles.some((role) => role === 'REPORTER' || role === 'UNIT_HEAD');
  const reviews = roles.includes('REVIEWER');
  return [
    ...(reports ? ['due' as const] : []),
    ...(reviews ? ['review' as const] : []),
    'decisions', 'findings', 'campaigns', 'standings',
  ];
}

/** How much waits behind each tab. */
function useCounts(): Partial<Record<Tab, number>> {
  const { session, state } = useKnown();
  const { today } = state.clock;
  const { roles } = session;
  const open = <One extends { settled: boolean | null }>(role: string, all: One[] | null) =>
    roles.includes(role) ? (all?.filter((one) => one.settled === null).length ?? 0) : 0;
  const overdue = useDueReports(today).answer?.filter((one) => isOverdue(one, today)).length ?? 0;
  const conflicts = open('UNIT_HEAD', useAnswer('conflicts').answer);
  const proposals = open('REVIEWER', useAnswer('proposals').answer);
  const held = open('UNIT_HEAD', useAnswer('held').answer);
  const review = useAnswer('reviewQueue').answer?.length ?? 0;
  const asked = useAnswer('findings').answer?.filter((one) => one.reply === null);
  const { outbox } = state;
  // Where the platform shows it: a number on the app's picture, seen without opening the app.
  useEffect(() => {
    void navigator.setAppBadge?.(overdue).catch(() => {});
  }, [overdue]);
  return {
    due: overdue,
    review,
    decisions: conflicts + proposals + held + outbox.refused + outbox.held,
    findings: asked?.filter((one) => one.unit === session.unit).length ?? 0,
  };
}

export function Tabs({ place }: { place: Place }) {
  const { session } = useKnown();
  const counts = useCounts();
  return (
    <nav aria-label={say('tabs')} class={place.tab === 'review' ? 'broad' : ''}>
      {tabsOf(session).map((tab) => {
        const count = counts[tab] ?? 0;
        return (
          <button key={tab} aria-current={place.tab === tab ? 'page' : undefined}
            onClick={() => go({ tab })}>
            {say(`tab-${tab}`)}
            {count > 0 && <span class="count">{count}</span>}
          </button>
        );
      })}
    </nav>
  );
}

export function Foot() {
  const { waiting, sent, refused } = useKnown().state.outbox;
  return (
    <p class="foot row">
      <button onClick={() => void signOut(waiting + sent + refused)}>{say('sign-out')}</button>
      <LanguageButtons />
    </p>
  );
}
