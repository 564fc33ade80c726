// Reminders while the app is closed, where the browser wakes a service worker from time to time
// (Periodic Background Sync: Chrome and Edge, for an installed app).
import { useEffect, useState } from 'preact/hooks';
import { keepReminder } from '../engine/vault';
import { say } from '../texts';

const TAG = 'due';
/** Once a day at most. */
const EVERY_MS = 20 * 3_600_000;

/** Not in the library of TypeScript. */
interface Waking extends ServiceWorkerRegistration {
  periodicSync: { register(tag: string, options: { minInterval: number }): Promise<void> };
}

function canRemind(): boolean {
  return 'Notification' in window && 'ServiceWorkerRegistration' in window
    && 'periodicSync' in ServiceWorkerRegistration.prototype;
}

async function wakeDaily(): Promise<void> {
  const registration = await navigator.serviceWorker.ready as Waking;
  await registration.periodicSync.register(TAG, { minInterval: EVERY_MS });
}

/** Offers reminders, and keeps for them the last days of the reports that are not sent. */
export function Reminders({ lastDays }: { lastDays: number[] }) {
  const [permission, setPermission] = useState(canRemind() ? Notification.permission : 'denied');
  const [isRefused, setRefused] = useState(false);
  const kept = JSON.stringify(lastDays);
  useEffect(() => {
    if (permission !== 'granted') return;
    const [title, body] = [say('title'), say('remind-body', { count: '{count}' })];
    keepReminder({ title, body, lastDays }).catch(console.warn);
    wakeDaily().catch(() => setRefused(true));
  }, [permission, kept]);
  const ask = async () => setPermission(await Notification.requestPermission());
  if (isRefused) return <p class="quiet">{say('remind-install')}</p>;
  if (permission !== 'default') return null;
  return <p><button onClick={() => void ask()}>{say('remind-do')}</button></p>;
}
