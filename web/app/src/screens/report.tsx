import { useEffect, useState } from 'preact/hooks';
import { ask } from '../engine/client';
import type { Cell, CellEntry, Figure, Form, Problem, Report } from '../engine/types';
import { figureText, readFigure, writeFigure } from '../figures';
import { useAct, useAnswer } from '../hooks';
import { Comments } from '../parts/comments';
import { Failure } from '../parts/failure';
import { goBack, type Place } from '../place';
import { pick, say, told } from '../texts';

/** Milliseconds without a key after which the form's rules are checked. */
const CHECK_AFTER_MS = 300;
/** Reports that only an accepted proposal changes. */
const OFFICIAL = new Set(['ACCEPTED', 'LOCKED']);
const MISSING = ['missingAwaitingSource', 'missingNotCounted', 'missingSeeNote'] as const;

/** What a person put into a cell: text, or a value that is taken as it is. */
type Input = string | Figure;
type Inputs = Record<string, Input>;

/** What stands in the field of a cell. */
function shown(value: Figure | null, scale: number): string {
  if (!value) return '';
  if (value.kind === 'reported' || value.kind === 'carried') return writeFigure(value.value, scale);
  return value.kind === 'nil' ? '0' : '';
}

/** The value of a cell after the input; `undefined`: it is no figure of this element. */
function enteredValue(input: Input | undefined, cell: Cell): Figure | null | undefined {
  if (input === undefined) return cell.value;
  if (typeof input !== 'string') return input;
  if (input.trim() === '') return null;
  if (input === shown(cell.value, cell.scale)) return cell.value;
  const value = readFigure(input, cell.scale);
  return value === undefined ? undefined : { kind: 'reported', value };
}

function problemOf(input: Input | undefined, cell: Cell): string | undefined {
  const value = enteredValue(input, cell);
  if (value === undefined) return say('report-not-a-number', { scale: cell.scale });
  if (value?.kind === 'reported' && (value.value < cell.min || value.value > cell.max)) {
    const [min, max] = [cell.min, cell.max].map((one) => writeFigure(one, cell.scale));
    return say('report-range', { min: min ?? '', max: max ?? '' });
  }
  return undefined;
}

function toEntries(report: Report, inputs: Inputs): CellEntry[] {
  const changed = report.cells.filter((cell) => cell.element in inputs);
  return changed.map(({ element, ...cell }) => ({
    element,
    value: enteredValue(inputs[element], { element, ...cell }) ?? null,
  }));
}

/** What the form's rules say of the figures, while they are typed. Never anything of a target. */
function useRules(report: Report | undefined, inputs: Inputs, isReady: boolean): Problem[] {
  const [problems, setProblems] = useState<Problem[]>([]);
  useEffect(() => {
    if (!report || !isReady) return undefined;
    const check = () =>
      ask('check', report.key, toEntries(report, inputs)).then(setProblems, () => {});
    const timer = window.setTimeout(check, CHECK_AFTER_MS);
    return () => window.clearTimeout(timer);
  }, [report, inputs, isReady]);
  return problems;
}

export function ReportScreen({ place }: { place: NonNullable<Place['report']> }) {
  const { answer, error } = useAnswer('form', place.key);
  return (
    <>
      <button onClick={goBack}>{say('back')}</button>
      <h1>{place.title}</h1>
      <Failure error={error} />
      {answer && <ReportForm form={answer} period={place.period} isNil={place.isNil} />}
    </>
  );
}

/** "Nothing occurred", and the words of the last period: typed, and not saved yet. */
function nilInputs({ report, carried }: Form): Inputs {
  const inputs: Inputs = {};
  for (const cell of report.cells.filter((one) => one.value === null)) {
    const value = cell.isWord ? valueOf(carried, cell) : { kind: 'nil' as const };
    if (value) inputs[cell.element] = value;
  }
  return inputs;
}

interface FormProps {
  form: Form;
  period: string;
  isNil: boolean;
}

function ReportForm({ form, period, isNil }: FormProps) {
  const { report, carried, lastPeriod } = form;
  const [inputs, setInputs] = useState<Inputs>(isNil ? nilInputs(form) : {});
  const [note, setNote] = useState<string | null>(null);
  const [reason, setReason] = useState<string | null>(null);
  const [said, setSaid] = useState('');
  const { isBusy, error, act } = useAct();
  const isOfficial = OFFICIAL.has(report.status);
  const isAmending = isOfficial && reason !== null;
  const isReadOnly = isOfficial && !isAmending;
  const typed = report.cells.map((cell) => problemOf(inputs[cell.element], cell));
  const isReady = !typed.some((one) => one !== undefined);
  const rules = useRules(report, inputs, isReady && !isReadOnly);

  const save = () => ask('save', report.key, toEntries(report, inputs), note);
  const perform = async (work: () => Promise<unknown>, done: string) => {
    setSaid('');
    if (!(await act(work))) return;
    setInputs({});
    setNote(null);
    setReason(null);
    setSaid(say(done));
  };
  const send = async () => {
    await save();
    await ask('submit', report.reportId);
  };
  const propose = () =>
    ask('propose', report.key, toEntries(report, inputs), note, reason ?? '');
  const submit = (event: Event) => {
    event.preventDefault();
    void (isAmending ? perform(propose, 'report-proposed') : perform(send, 'report-queued'));
  };
  const field = (cell: Cell) => (
    <Field
      key={cell.element}
      cell={cell}
      last={valueOf(lastPeriod, cell)}
      carried={valueOf(carried, cell)}
      input={inputs[cell.element]}
      isReadOnly={isReadOnly}
      problem={problemOf(inputs[cell.element], cell) ?? problemText(error?.problems, cell)
        ?? problemText(rules, cell)}
      put={(input) => setInputs({ ...inputs, [cell.element]: input })}
    />
  );
  const words = report.cells.filter((cell) => cell.isWord);
  const ruleProblems = rules.filter((one) => one.element === null);
  return (
    <>
      <p>{period} · <strong>{say(`status-${report.status}`)}</strong></p>
      {report.question && (
        <p class="ask">{say('report-returned', { text: report.question.text })}</p>
      )}
      <form onSubmit={submit} onKeyDown={nextField}>
        {report.cells.filter((cell) => !cell.isWord).map(field)}
        {words.length > 0 && <h2>{say('report-words')}</h2>}
        {words.map(field)}
        <label for="note">{say('report-note')}</label>
        <textarea id="note" rows={2} maxLength={500} disabled={isReadOnly}
          value={note ?? report.note} onInput={(event) => setNote(event.currentTarget.value)} />
        {isAmending && (
          <>
            <label for="reason">{say('report-reason')}</label>
            <textarea id="reason" rows={2} maxLength={500} required value={reason}
              onInput={(event) => setReason(event.currentTarget.value)} />
          </>
        )}
        {ruleProblems.length > 0 && !error && (
          <Failure
            error={{ code: 'RULES', text: { vi: say('report-rules') }, problems: ruleProblems }}
          />
        )}
        <Failure error={error} />
        <p role="status" class="good">{said}</p>
        <div class="row">
          {isReadOnly ? (
            <button type="button" onClick={() => setReason('')}>{say('report-amend')}</button>
          ) : (
            <>
              {!isAmending && (
                <button type="button" disabled={isBusy || !isReady}
                  onClick={() => void perform(save, 'report-saved')}>
                  {say('report-save')}
                </button>
              )}
              <button type="submit" class="main" disabled={isBusy || !isReady}>
                {say(isAmending ? 'report-propose' : 'report-send')}
              </button>
            </>
          )}
        </div>
      </form>
      <Comments report={report} />
    </>
  );
}

function valueOf(entries: CellEntry[], cell: Cell): Figure | null {
  return entries.find((one) => one.element === cell.element)?.value ?? null;
}

/** Enter leads to the next field, as the key of a phone's keyboard says. */
function nextField(event: KeyboardEvent): void {
  const at = event.target as HTMLElement;
  if (event.key !== 'Enter' || event.isComposing || at.tagName !== 'INPUT') return;
  const form = at.closest('form');
  const found = form?.querySelectorAll<HTMLElement>('input:enabled, textarea:enabled');
  const fields = [...(found ?? [])];
  event.preventDefault();
  fields[fields.indexOf(at) + 1]?.focus();
}

function problemText(problems: Problem[] | undefined, cell: Cell): string | undefined {
  const found = problems?.find((one) => one.element === cell.element);
  return found && told(found.text);
}

interface FieldProps {
  cell: Cell;
  last: Figure | null;
  /** The figure of the last period that a word may keep. */
  carried: Figure | null;
  input: Input | undefined;
  isReadOnly: boolean;
  problem: string | undefined;
  put(input: Input): void;
}

function Field({ cell, last, carried, input, isReadOnly, problem, put }: FieldProps) {
  const id = `cell-${cell.element}`;
  const value = typeof input === 'object' ? input : cell.value;
  const text = typeof input === 'string' ? input : shown(value, cell.scale);
  const missing = typeof input !== 'string' && value?.kind.startsWith('missing') ? value : null;
  return (
    <div class="field">
      <label for={id}>
        {pick(cell.nameVi, cell.nameEn)} <span class="quiet">({cell.unitOfCount})</span>
      </label>
      <div class="row nowrap">
        <input
          id={id}
          inputMode={cell.scale > 0 ? 'decimal' : 'numeric'}
          enterkeyhint="next"
          autocomplete="off"
          disabled={isReadOnly}
          value={text}
          placeholder={missing ? figureText(missing, cell.scale) : ''}
          aria-invalid={problem !== undefined}
          aria-describedby={`${id}-note`}
          onInput={(event) => put(event.currentTarget.value)}
        />
        {!isReadOnly && <WhyMissing cell={cell} missing={missing} put={put} />}
      </div>
      <p id={`${id}-note`} class={problem ? 'bad' : 'quiet'}>
        {problem ?? (last && say('report-last', { figure: figureText(last, cell.scale) }))}
        {!problem && carried && !isReadOnly && (
          <button type="button" class="link" onClick={() => put(carried)}>
            {say('report-keep')}
          </button>
        )}
      </p>
    </div>
  );
}

interface WhyMissingProps {
  cell: Cell;
  missing: Figure | null;
  put(input: Input): void;
}

/** Why there is no figure. Missing is not zero. */
function WhyMissing({ cell, missing, put }: WhyMissingProps) {
  const choose = (kind: string) => {
    const found = MISSING.find((one) => one === kind);
    put(found ? { kind: found } : '');
  };
  return (
    <select
      class={missing ? 'why said' : 'why'}
      aria-label={say('report-why-missing', { name: pick(cell.nameVi, cell.nameEn) })}
      value={missing?.kind ?? ''}
      onChange={(event) => choose(event.currentTarget.value)}
    >
      <option value="">{say('report-has-figure')}</option>
      {MISSING.map((kind) => <option key={kind} value={kind}>{say(`figure-${kind}`)}</option>)}
    </select>
  );
}
