import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ask, lead } from './engine/client';
import type { EngineError } from './engine/types';
import { KnownContext, useKnown } from './hooks';
import { Bar, Foot, Notices, Tabs } from './parts/frame';
import { type Place, usePlace } from './place';
import { Campaigns } from './screens/campaigns';
import { Decisions } from './screens/decisions';
import { Due } from './screens/due';
import { Enrol } from './screens/enrol';
import { Findings } from './screens/findings';
import { ReportScreen } from './screens/report';
import { Review } from './screens/review';
import { Standings } from './screens/standings';
import { type AppState, listen, refresh, syncNow } from './session';
import { lang, say, told } from './texts';

document.documentElement.lang = lang;
document.title = say('title');

const SCREENS = {
  due: Due,
  review: Review,
  decisions: Decisions,
  findings: Findings,
  campaigns: Campaigns,
  standings: Standings,
};

/** Where a person begins who has been nowhere yet: a reviewer who reports nothing, with review. */
function firstPlace(roles: string[]): Place {
  const reports = roles.some((role) => role === 'REPORTER' || role === 'UNIT_HEAD');
  return { tab: reports || !roles.includes('REVIEWER') ? 'due' : 'review' };
}

function Screen({ place }: { place: Place }) {
  const { report } = place;
  if (report) return <ReportScreen key={JSON.stringify(report.key)} place={report} />;
  const Found = SCREENS[place.tab];
  return <Found />;
}

/** Without a role nothing of the unit is here any more; what the person did still is. */
function WithoutRole() {
  const { held, refused, lastSync } = useKnown().state.outbox;
  if (lastSync === 0) return <p>{say('loading')}</p>;
  return (
    <>
      <p class="ask">{say('no-role')}</p>
      {held + refused > 0 && <Decisions />}
    </>
  );
}

function Enrolled({ app }: { app: AppState }) {
  const { session, state, names, version } = app;
  const visited = usePlace();
  if (!session || !state) return null;
  const place = visited ?? firstPlace(session.roles);
  const isLocked = state.lease?.isExpired ?? false;
  return (
    <KnownContext.Provider value={{ version, session, state, names }}>
      <Bar app={app} />
      <Notices app={app} />
      {!isLocked && session.unit !== '' && <Tabs place={place} />}
      <main class={place.tab === 'review' ? 'broad' : ''}>
        {!isLocked && (session.unit === '' ? <WithoutRole /> : <Screen place={place} />)}
        <Foot />
      </main>
    </KnownContext.Provider>
  );
}

function App() {
  const [app, setApp] = useState<AppState | null>(null);
  const [phase, setPhase] = useState<'loading' | 'otherTab' | 'failed' | 'open'>('loading');
  const [failure, setFailure] = useState('');
  useEffect(() => {
    const begin = async () => {
      await lead(() => setPhase('otherTab'));
      setPhase('loading');
      await ask('open');
      await refresh();
      listen(setApp);
      setPhase('open');
      void syncNow();
    };
    begin().catch((error: EngineError) => {
      console.error(error);
      setFailure(error.code === 'NO_ENGINE' ? say('not-supported') : told(error.text));
      setPhase('failed');
    });
  }, []);
  if (phase === 'otherTab') return <main><p>{say('other-tab')}</p></main>;
  if (phase === 'failed') return <main><p role="alert">{failure}</p></main>;
  if (phase === 'loading' || !app) return <main><p>{say('loading')}</p></main>;
  return app.session ? <Enrolled app={app} /> : <Enrol why={app.error} />;
}

const place = document.getElementById('app');
if (place) render(<App />, place);
