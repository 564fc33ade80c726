import { useState } from 'preact/hooks';
import { ask } from '../engine/client';
import type { Cell, DueReport, Form } from '../engine/types';
import { figureText } from '../figures';
import { useAct, useAnswer, useKnown } from '../hooks';
import { Failure } from '../parts/failure';
import { Reminders } from '../parts/reminders';
import { go } from '../place';
import { dayText, pick, say, told } from '../texts';

/** Days before and after today in which reports are shown. */
const DAYS_BEFORE = 45;
const DAYS_AFTER = 8;
const OPEN = new Set(['BLANK', 'DRAFT', 'RETURNED', 'CONFLICT']);

function order(today: number): (a: DueReport, b: DueReport) => number {
  const rank = (due: DueReport) => (isOpen(due) ? (due.dueDay <= today ? 0 : 1) : 2);
  return (a, b) =>
    rank(a) - rank(b) || a.dueDay - b.dueDay || a.formNameVi.localeCompare(b.formNameVi, 'vi');
}

/** Whether a report waits for a person. */
function isOpen(due: DueReport): boolean {
  return OPEN.has(due.status);
}

/** The last day on which a report is in time. */
function lastDay(due: DueReport): number {
  return due.dueDay - 1;
}

/** The unit's own reports of these weeks that wait for a person and whose time has passed. */
export function isOverdue(due: DueReport, today: number): boolean {
  return isOpen(due) && due.dueDay <= today;
}

function deadline(due: DueReport, today: number): string {
  const left = lastDay(due) - today;
  if (left < 0) return say('due-overdue', { days: -left });
  return left === 0 ? say('due-today') : say('due-left', { days: left });
}

function openReport(due: DueReport, isNil = false): void {
  const title = pick(due.formNameVi, due.formNameEn);
  go({ tab: 'due', report: { key: due.key, title, period: told(due.periodName), isNil } });
}

/** The reports around today that a unit owes. */
export function useDueReports(today: number) {
  return useAnswer('due', today - DAYS_BEFORE, today + DAYS_AFTER);
}

export function Due() {
  const { today } = useKnown().state.clock;
  const { answer, error } = useDueReports(today);
  const reports = answer?.slice().sort(order(today));
  return (
    <>
      <h1>{say('due-title')}</h1>
      <Failure error={error} />
      {reports?.length === 0 && <p>{say('due-none')}</p>}
      <ul class="cards">
        {reports?.map((due) => <Card key={due.reportId} due={due} today={today} />)}
      </ul>
      {reports && <Reminders lastDays={reports.filter(isOpen).map(lastDay)} />}
    </>
  );
}

function Card({ due, today }: { due: DueReport; today: number }) {
  const [form, setForm] = useState<Form | null>(null);
  const { isBusy, error, act } = useAct();
  const waits = isOpen(due);
  const isEarly = due.submitFromDay > today;
  const asksNil = async () => setForm(await ask('form', due.key));
  return (
    <li class={isOverdue(due, today) ? 'card late' : 'card'}>
      <h2>{pick(due.formNameVi, due.formNameEn)}</h2>
      <p>
        {told(due.periodName)} · <strong>{say(`status-${due.status}`)}</strong>
        {waits && <> · {deadline(due, today)}</>}
      </p>
      {isEarly && waits && (
        <p class="quiet">{say('report-early', { day: dayText(due.submitFromDay) })}</p>
      )}
      <Failure error={error} />
      {form ? (
        <Nil due={due} form={form} isBusy={isBusy} act={act} close={() => setForm(null)} />
      ) : (
        <div class="row">
          {due.status === 'BLANK' && !isEarly && (
            <button onClick={() => void asksNil()}>{say('due-nil')}…</button>
          )}
          <button onClick={() => openReport(due)}>{say(waits ? 'due-fill' : 'due-look')}</button>
        </div>
      )}
    </li>
  );
}

interface NilProps {
  due: DueReport;
  form: Form;
  isBusy: boolean;
  act(work: () => Promise<unknown>): Promise<boolean>;
  close(): void;
}

/**
 * The second tap of "nothing occurred". Stocks do not occur: those of the last period are shown and
 * sent as still right; where one is not right any more, or a duty is to be answered, the form asks.
 */
function Nil({ due, form, isBusy, act, close }: NilProps) {
  const words = form.report.cells.filter((cell) => cell.isWord);
  const carried = (cell: Cell) => form.carried.find((one) => one.element === cell.element);
  const areKnown = words.every(carried);
  const send = async () => {
    await ask('saveNilCarried', due.key);
    await ask('submit', due.reportId);
  };
  return (
    <>
      {words.length > 0 && <p>{say(areKnown ? 'due-nil-words' : 'due-nil-ask')}</p>}
      <ul class="plain">
        {words.map((cell) => (
          <li key={cell.element}>
            {pick(cell.nameVi, cell.nameEn)}:{' '}
            <strong>{figureText(carried(cell)?.value ?? null, cell.scale)}</strong>
          </li>
        ))}
      </ul>
      <div class="row">
        {areKnown && (
          <button class="main" disabled={isBusy} onClick={() => void act(send).then(close)}>
            {say('report-send')}: {say('due-nil')}
          </button>
        )}
        {words.length > 0 && (
          <button class={areKnown ? '' : 'main'} onClick={() => openReport(due, true)}>
            {say(areKnown ? 'due-nil-fill' : 'due-nil-rest')}
          </button>
        )}
        <button onClick={close}>{say('back')}</button>
      </div>
    </>
  );
}
