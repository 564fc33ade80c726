import { useEffect, useState } from 'preact/hooks';
import { ask } from '../engine/client';
import type { Cell, DueReport, EngineError, Figure, Report } from '../engine/types';
import { readFigure, writeFigure } from '../figures';
import { entered } from '../session';
import { lang, say } from '../texts';

const CLOSED = new Set(['ACCEPTED', 'LOCKED']);

/** What a person put into a cell: text, or a figure that is taken as it is. */
type Input = string | Figure;

/** What stands in the field of a cell. */
function shown(value: Figure | null, scale: number): string {
  if (!value) return '';
  if (value.kind === 'reported' || value.kind === 'carried') {
    return writeFigure(value.figure, scale, lang);
  }
  return value.kind === 'nil' ? '0' : say(`missing-${value.kind}`);
}

/** The value of a cell after the input; `undefined`: it is no figure of this element. */
function enteredValue(input: Input | undefined, cell: Cell): Figure | null | undefined {
  if (input === undefined) return cell.value;
  return typeof input === 'string' ? typedValue(input, cell) : input;
}

function typedValue(typed: string, cell: Cell): Figure | null | undefined {
  if (typed.trim() === '') return null;
  if (typed === shown(cell.value, cell.scale)) return cell.value;
  const figure = readFigure(typed, cell.scale);
  if (figure === undefined) return undefined;
  return { kind: 'reported', figure };
}

function problemOf(input: Input | undefined, cell: Cell): string | undefined {
  const value = enteredValue(input, cell);
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
  const [inputs, setInputs] = useState<Record<string, Input>>({});
  const [note, setNote] = useState<string | null>(null);
  const [said, setSaid] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<EngineError | null>(null);
  const load = () => ask('report', reportKey).then(setReport).catch(setError);
  useEffect(() => void load(), [version]);
  if (!report) return <main>{error && <p role="alert" class="bad">{error.text}</p>}</main>;
  const isClosed = CLOSED.has(report.status);
  const problem = (cell: Cell) => problemOf(inputs[cell.element], cell);
  const isBlocked = isBusy || report.cells.some(problem);
  const put = (cell: Cell, input: Input) => setInputs({ ...inputs, [cell.element]: input });

  const save = async () => {
    const changed = report.cells.filter((cell) => cell.element in inputs);
    const cells = changed.map((cell) => ({
      element: cell.element,
      value: enteredValue(inputs[cell.element], cell) ?? null,
    }));
    await ask('save', reportKey, cells, note);
    setInputs({});
    setNote(null);
  };
  const perform = async (work: () => Promise<unknown>, done: string) => {
    setBusy(true);
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
    setBusy(false);
  };
  const send = async () => {
    await save();
    await ask('submit', report.reportId);
  };
  const field = (cell: Cell) => (
    <Field
      key={cell.element}
      cell={cell}
      input={inputs[cell.element]}
      isClosed={isClosed}
      problem={problem(cell) ?? error?.problems.find((one) => one.element === cell.element)?.text}
      put={(input) => put(cell, input)}
    />
  );
  const words = report.cells.filter((cell) => cell.isWord);
  const events = report.cells.filter((cell) => !cell.isWord);
  return (
    <main>
      <button onClick={close}>{say('back')}</button>
      <h1>{due.form}</h1>
      <p>{due.period} · <strong>{say(`status-${report.status}`)}</strong></p>
      {report.question && (
        <p class="ask">{say('report-returned', { text: report.question.text })}</p>
      )}
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
            <button
              type="button"
              disabled={isBlocked}
              onClick={() => void perform(save, 'report-saved')}
            >
              {say('report-save')}
            </button>
            <button type="submit" class="main" disabled={isBlocked}>{say('report-send')}</button>
          </div>
        )}
      </form>
    </main>
  );
}

interface FieldProps {
  cell: Cell;
  input: Input | undefined;
  isClosed: boolean;
  problem: string | undefined;
  put(input: Input): void;
}

function Field({ cell, input, isClosed, problem, put }: FieldProps) {
  const id = `cell-${cell.element}`;
  const { last } = cell;
  const text = typeof input === 'string' ? input : shown(input ?? cell.value, cell.scale);
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
        onInput={(event) => put(event.currentTarget.value)}
      />
      <p id={`${id}-note`} class={problem ? 'bad' : 'quiet'}>
        {problem ?? (last && say('report-last', { figure: shown(last, cell.scale) }))}
        {!problem && last && cell.isWord && !isClosed && (
          <button type="button" class="link" onClick={() => put(last)}>{say('report-keep')}</button>
        )}
      </p>
    </div>
  );
}
