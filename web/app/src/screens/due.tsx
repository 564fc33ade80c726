import { useEffect, useState } from 'preact/hooks';
import { ask } from '../engine/client';
import type { DueReport, EngineError, Refused, State } from '../engine/types';
import { entered } from '../session';
import { dayText, say } from '../texts';
import { LanguageButton } from './language';

/** Days before and after today in which reports are shown. */
const DAYS_BEFORE = 45;
const DAYS_AFTER = 8;
const OPEN = new Set(['BLANK', 'DRAFT', 'RETURNED', 'CONFLICT']);

function order(today: number): (a: DueReport, b: DueReport) => number {
  const rank = (due: DueReport) => (OPEN.has(due.status) ? (due.dueDay <= today ? 0 : 1) : 2);
  return (a, b) => rank(a) - rank(b) || a.dueDay - b.dueDay || a.form.localeCompare(b.form, 'vi');
}

function deadline(due: DueReport, today: number): string {
  const left = due.dueDay - 1 - today;
  if (left < 0) return say('due-overdue', { days: -left });
  return left === 0 ? say('due-today') : say('due-left', { days: left });
}

interface Props {
  state: State;
  /** Changes whenever the engine may hold something new. */
  version: number;
  open(due: DueReport): void;
}

export function Due({ state, version, open }: Props) {
  const [reports, setReports] = useState<DueReport[] | null>(null);
  const [error, setError] = useState<EngineError | null>(null);
  const { today } = state;
  useEffect(() => {
    ask('due', today - DAYS_BEFORE, today + DAYS_AFTER)
      .then((found) => {
        setReports(found.sort(order(today)));
        setError(null);
      })
      .catch((failed: EngineError) => setError(failed));
  }, [today, version]);
  return (
    <main>
      <h1>{say('due-title')}</h1>
      {error && <p role="alert" class="bad">{error.text}</p>}
      {reports?.length === 0 && <p>{say('due-none')}</p>}
      <ul class="cards">
        {reports?.map((due) => <Card key={due.reportId} due={due} today={today} open={open} />)}
      </ul>
      {state.refused > 0 && <RefusedList version={version} />}
      <p class="foot row">
        <button onClick={() => void signOut(state)}>{say('sign-out')}</button>
        <LanguageButton />
      </p>
    </main>
  );
}

/** Deletes everything of this enrolment, once a person has said so. */
async function signOut(state: State): Promise<void> {
  const count = state.waiting + state.sent + state.refused;
  if (!window.confirm(say('sign-out-sure', { count }))) return;
  await ask('erase');
  location.reload();
}

/** What the server refused stays here until a person enters it anew or discards it. */
function RefusedList({ version }: { version: number }) {
  const [all, setAll] = useState<Refused[]>([]);
  useEffect(() => void ask('refused').then(setAll), [version]);
  const discard = async (number: number) => {
    await ask('discard', number);
    await entered();
  };
  return (
    <section>
      <h2>{say('refused-title')}</h2>
      <ul class="cards">
        {all.map((one) => (
          <li class="card late" key={one.number}>
            <p>{one.text} {one.problems.length > 0 ? one.problems.join(' ') : one.reason}</p>
            <button onClick={() => void discard(one.number)}>{say('refused-discard')}</button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Card({ due, today, open }: { due: DueReport; today: number; open(due: DueReport): void }) {
  const [asks, setAsks] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<EngineError | null>(null);
  const isOpen = OPEN.has(due.status);
  const isLate = isOpen && due.dueDay <= today;
  const sayNil = async () => {
    setBusy(true);
    setError(null);
    try {
      await ask('saveNil', due.key, false);
      await ask('submit', due.reportId);
    } catch (failed) {
      setError(failed as EngineError);
    }
    await entered();
    setAsks(false);
    setBusy(false);
  };
  return (
    <li class={isLate ? 'card late' : 'card'}>
      <h2>{due.form}</h2>
      <p>
        {due.period} · <strong>{say(`status-${due.status}`)}</strong>
        {isOpen && <> · {deadline(due, today)}</>}
      </p>
      {due.submitFromDay > today && isOpen && (
        <p class="quiet">{say('report-early', { day: dayText(due.submitFromDay) })}</p>
      )}
      {error && (
        <p role="alert" class="bad">
          {error.text} {error.problems.map((one) => one.text).join(' ')}
        </p>
      )}
      <div class="row">
        {due.status === 'BLANK' && due.submitFromDay <= today && !asks && (
          <button onClick={() => setAsks(true)}>{say('due-nil')}…</button>
        )}
        {asks && (
          <button class="main" disabled={isBusy} onClick={() => void sayNil()}>
            {say('report-send')}: {say('due-nil')}
          </button>
        )}
        {asks && <button onClick={() => setAsks(false)}>{say('back')}</button>}
        {!asks && (
          <button onClick={() => open(due)}>{say(isOpen ? 'due-fill' : 'due-look')}</button>
        )}
      </div>
    </li>
  );
}
