import { useEffect, useState } from 'preact/hooks';
import { ask } from '../engine/client';
import type { Cell, DueReport, EngineError, Figure, Report } from '../engine/types';
import { readFigure, writeFigure } from '../figures';
import { entered } from '../session';
import { lang, say } from '../texts';

const CLOSED = new Set(['Accepted', 'Locked']);

/** What stands in the field of a cell. */
function shown(value: Figure | null, scale: number): string {
  if (!value) return '';
  if (value.kind === 'reported' || value.kind === 'carried') return writeFigure(value.figure, scale, lang);
  return value.kind === 'nil' ? '0' : say(`missing-${value.kind}`);
}

/** The value that a person typed; `undefined`: it is no figure of this element. */
function typedValue(typed: string, cell: Cell): Figure | null | undefined {
  if (typed.trim() === '') return null;
  if (typed === shown(cell.value, cell.scale)) return cell.value;
  const figure = readFigure(typed, cell.scale);
  if (figure === undefined) return undefined;
  return { kind: 'reported', figure };
}

function problemOf(typed: string, cell: Cell): string | undefined {
  const value = typedValue(typed, cell);
  if (value === undefined) return say('report-not-a-number', { scale: cell.scale });
  if (value?.kind === 'reported' && (value.figure < cell.min || value.figure > cell.max)) {
    const [min, max] = [cell.min, cell.max].map((one) => writeFigure(one, cell.scale, lang));
    return say('report-range', { min: min ?? '', max: max ?? '' });
  }
  return undefined;
}

interface Props {
  due: DueReport;
  version: number;
  close(): void;
}

export function ReportScreen({ due, version, close }: Props) {
  const reportKey = due.key;
  const [report, setReport] = useState<Report | null>(null);
  const [typed, setTyped] = useState<Record<string, string>>({});
  const [note, setNote] = useState<string | null>(null);
  const [said, setSaid] = useState('');
  const [error, setError] = useState<EngineError | null>(null);
  const load = () => ask('report', reportKey).then(setReport).catch((failed: EngineError) => setError(failed));
  useEffect(() => void load(), [version]);
  if (!report) return <main>{error && <p role="alert" class="bad">{error.text}</p>}</main>;
  const isClosed = CLOSED.has(report.status);
  const text = (cell: Cell) => typed[cell.element] ?? shown(cell.value, cell.scale);
  const hasProblem = report.cells.some((cell) => problemOf(text(cell), cell));

  const save = async () => {
    const changed = report.cells.filter((cell) => cell.element in typed);
    const cells = changed.map((cell) => ({ element: cell.element, value: typedValue(text(cell), cell) ?? null }));
    await ask('save', reportKey, cells, note);
    setTyped({});
    setNote(null);
  };
  const perform = async (work: () => Promise<unknown>, done: string) => {
    setError(null);
    setSaid('');
    try {
      await work();
      setSaid(say(done));
    } catch (failed) {
      setError(failed as EngineError);
    }
    await load();
    await entered();
  };
  const send = async () => {
    await save();
    await ask('submit', report.reportId);
  };
  const keep = (cell: Cell) => {
    if (cell.last) setTyped({ ...typed, [cell.element]: shown(cell.last, cell.scale) });
  };
  const field = (cell: Cell) => (
    <Field
      key={cell.element}
      cell={cell}
      text={text(cell)}
      isClosed={isClosed}
      refusal={error?.problems.find((one) => one.element === cell.element)?.text}
      type={(value) => setTyped({ ...typed, [cell.element]: value })}
      keep={() => keep(cell)}
    />
  );
  const words = report.cells.filter((cell) => cell.isWord);
  const events = report.cells.filter((cell) => !cell.isWord);
  return (
    <main>
      <button onClick={close}>{say('back')}</button>
      <h1>{due.form}</h1>
      <p>{due.period} · <strong>{say(`status-${report.status}`)}</strong></p>
      {report.question && <p class="ask">{say('report-returned', { text: report.question.text })}</p>}
      <form onSubmit={(event) => { event.preventDefault(); void perform(send, 'report-queued'); }}>
        {events.map(field)}
        {words.length > 0 && <h2>{say('report-words')}</h2>}
        {words.map(field)}
        <label for="note">{say('report-note')}</label>
        <textarea id="note" rows={2} maxLength={500} disabled={isClosed} value={note ?? report.note}
          onInput={(event) => setNote(event.currentTarget.value)} />
        {error && <p role="alert" class="bad">{error.text}</p>}
        <p role="status" class="good">{said}</p>
        {!isClosed && (
          <div class="row">
            <button type="button" disabled={hasProblem} onClick={() => void perform(save, 'report-saved')}>
              {say('report-save')}
            </button>
            <button type="submit" class="main" disabled={hasProblem}>{say('report-send')}</button>
          </div>
        )}
      </form>
    </main>
  );
}

interface FieldProps {
  cell: Cell;
  text: string;
  isClosed: boolean;
  refusal: string | undefined;
  type(value: string): void;
  keep(): void;
}

function Field({ cell, text, isClosed, refusal, type, keep }: FieldProps) {
  const id = `cell-${cell.element}`;
  const problem = problemOf(text, cell) ?? refusal;
  return (
    <div class="field">
      <label for={id}>{cell.name} <span class="quiet">({cell.unitOfCount})</span></label>
      <input
        id={id}
        inputMode={cell.scale > 0 ? 'decimal' : 'numeric'}
        autocomplete="off"
        disabled={isClosed}
        value={text}
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}-note`}
        onInput={(event) => type(event.currentTarget.value)}
      />
      <p id={`${id}-note`} class={problem ? 'bad' : 'quiet'}>
        {problem ?? (cell.last && say('report-last', { figure: shown(cell.last, cell.scale) }))}
        {!problem && cell.last && cell.isWord && !isClosed && (
          <button type="button" class="link" onClick={keep}>{say('report-keep')}</button>
        )}
      </p>
    </div>
  );
}
