import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ask, lead } from './engine/client';
import type { DueReport, EngineError } from './engine/types';
import { Due } from './screens/due';
import { Enrol } from './screens/enrol';
import { ReportScreen } from './screens/report';
import { Invited, KeyLost, Units } from './screens/units';
import { type AppState, listen, refresh, syncNow } from './session';
import { lang, say } from './texts';

document.documentElement.lang = lang;
document.title = say('title');

function Bar({ app, version }: { app: AppState; version: number }) {
  const { state, network, session } = app;
  if (!state || !session) return null;
  const count = state.waiting + state.sent;
  return (
    <header>
      <div>
        <Units name={session.unitName || session.unit} version={version} />
        <p role="status" class={network === 'online' || network === 'syncing' ? 'net' : 'net off'}>
          {say(`net-${network}`)}
          {count > 0 && <> · {say('net-waiting', { count })}</>}
          {state.refused > 0 && <> · {say('net-refused', { count: state.refused })}</>}
        </p>
      </div>
      <button onClick={() => void syncNow()} disabled={network === 'syncing'}>
        {say('net-sync')}
      </button>
    </header>
  );
}

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
    void navigator.serviceWorker?.register('/app/sw.js', { scope: '/app/' }).then(follow);
  }, []);
  const change = () => {
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload());
    waiting?.postMessage('change');
  };
  if (!waiting || !navigator.serviceWorker.controller) return null;
  return <p class="ask">{say('update')} <button onClick={change}>{say('update-do')}</button></p>;
}

function App() {
  const [app, setApp] = useState<AppState | null>(null);
  const [version, setVersion] = useState(0);
  const [phase, setPhase] = useState<'loading' | 'otherTab' | 'failed' | 'open'>('loading');
  const [failure, setFailure] = useState('');
  const [open, setOpen] = useState<DueReport | null>(null);
  useEffect(() => {
    const begin = async () => {
      await lead(() => setPhase('otherTab'));
      setPhase('loading');
      await ask('open', lang);
      await refresh();
      listen((state) => {
        setApp(state);
        setVersion((before) => before + 1);
      });
      setPhase('open');
      void syncNow();
    };
    begin().catch((error: EngineError) => {
      console.error(error);
      setFailure(error.code === 'NO_ENGINE' ? say('not-supported') : error.text);
      setPhase('failed');
    });
  }, []);
  if (phase === 'otherTab') return <main><p>{say('other-tab')}</p></main>;
  if (phase === 'failed') return <main><p role="alert">{failure}</p></main>;
  if (phase === 'loading' || !app) return <main><p>{say('loading')}</p></main>;
  if (!app.session) return <Enrol />;
  const { state } = app;
  return (
    <>
      <Bar app={app} version={version} />
      <Update />
      {app.error && app.error.code !== 'DEVICE_KEY' && (
        <p role="alert" class="bad page">{app.error.text}</p>
      )}
      {state?.clockIsWrong && <p class="ask page">{say('clock-wrong')}</p>}
      <Invited />
      {state && <KeyLost state={state} version={version} />}
      {state?.isLocked && <p class="ask page">{say('locked')}</p>}
      {state && !state.isLocked && (open
        ? <ReportScreen due={open} version={version} close={() => setOpen(null)} />
        : <Due state={state} version={version} open={setOpen} />)}
    </>
  );
}

const place = document.getElementById('app');
if (place) render(<App />, place);
