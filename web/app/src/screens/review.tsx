import { useEffect, useState } from 'preact/hooks';
import { ask } from '../engine/client';
import type { Concern, FigureBeside, NamedReport, Seen, WaitingReport } from '../engine/types';
import { figureText, writeFigure } from '../figures';
import { useAct, useAnswer, useNames } from '../hooks';
import { Comments } from '../parts/comments';
import { Failure } from '../parts/failure';
import { ReportTitle, useReportNames } from '../parts/report_title';
import { say } from '../texts';

/** The well-known questions with which a report is returned; see `Question` of the contract. */
const QUESTIONS = [
  'UNUSUAL_FIGURE', 'INCONSISTENT', 'INCOMPLETE', 'WRONG_PERIOD', 'EXPLAIN', 'OTHER',
];

function seen({ report }: WaitingReport): Seen {
  return { reportId: report.reportId, contentHash: report.contentHash };
}

/** Whether a reviewer may accept it together with others: nil, and nothing asks to be looked at. */
function isClean(one: WaitingReport): boolean {
  return one.report.nil && one.concerns.length === 0;
}

function useConcernText(): (concern: Concern) => string {
  const { element } = useNames();
  return ({ kind, element: code }) => {
    const text = say(`concern-${kind}`);
    return code ? `${text}: ${element(code)}` : text;
  };
}

/** A form that has just opened is where a person types. */
const focus = (field: HTMLElement | null) => field?.focus();

/** Keys for a reviewer at a desk; never while something is typed. */
function useKeys(keys: Record<string, () => void>): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const at = event.target as HTMLElement;
      if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
      if (/^(input|textarea|select)$/i.test(at.tagName)) return;
      const act = keys[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  });
}

export function Review() {
  const { answer: queue, error } = useAnswer('reviewQueue');
  const [open, setOpen] = useState<string | null>(null);
  const waiting = queue ?? [];
  const names = useReportNames(waiting.map((one) => one.report.reportId));
  const clean = waiting.filter(isClean);
  const others = waiting.filter((one) => !isClean(one));
  const index = others.findIndex((one) => one.report.reportId === open);
  const move = (by: number) => {
    const next = others[Math.min(Math.max(index + by, 0), others.length - 1)];
    setOpen(next?.report.reportId ?? null);
  };
  useKeys({ j: () => move(1), k: () => move(index < 0 ? 1 : -1) });
  const current = others[index];
  return (
    <>
      <h1>{say('review-title')}</h1>
      <Failure error={error} />
      {queue?.length === 0 && <p>{say('review-none')}</p>}
      <div class={current ? 'split open' : 'split'}>
        <div class="queue">
          {others.length > 0 && <p class="quiet wide">{say('review-keys')}</p>}
          <ul class="cards">
            {others.map((one) => (
              <QueueCard key={one.report.reportId} one={one} isOpen={one === current}
                named={names(one.report.reportId)}
                open={() => setOpen(one.report.reportId)} />
            ))}
          </ul>
          {clean.length > 0 && <CleanReports clean={clean} names={names} />}
        </div>
        {current && (
          <Decision key={current.report.reportId + current.report.contentHash} one={current}
            named={names(current.report.reportId)}
            next={() => move(index + 1 < others.length ? 1 : -1)}
            close={() => setOpen(null)} />
        )}
      </div>
    </>
  );
}

interface QueueCardProps {
  one: WaitingReport;
  named: NamedReport | undefined;
  isOpen: boolean;
  open(): void;
}

function QueueCard({ one, named, isOpen, open }: QueueCardProps) {
  const concernText = useConcernText();
  return (
    <li class={isOpen ? 'card chosen' : 'card'}>
      <ReportTitle named={named} />
      {one.concerns.length > 0 && (
        <ul class="plain">
          {one.concerns.map((concern) => (
            <li key={`${concern.kind} ${concern.element ?? ''}`}>{concernText(concern)}</li>
          ))}
        </ul>
      )}
      <button aria-pressed={isOpen} onClick={open}>{say('review-look')}</button>
    </li>
  );
}

interface CleanReportsProps {
  clean: WaitingReport[];
  names(id: string): NamedReport | undefined;
}

/** Reports in which nothing occurred: all that they say is on the screen, and one tap accepts. */
function CleanReports({ clean, names }: CleanReportsProps) {
  const { isBusy, error, act } = useAct();
  return (
    <section>
      <h2>{say('review-clean', { count: clean.length })}</h2>
      <ul class="plain">
        {clean.map((one) => (
          <li key={one.report.reportId}>
            <ReportTitle named={names(one.report.reportId)} />
            <Words figures={one.figures} report={one} />
          </li>
        ))}
      </ul>
      <Failure error={error} />
      <button class="main" disabled={isBusy}
        onClick={() => void act(() => ask('accept', clean.map(seen)))}>
        {say('review-accept-clean', { count: clean.length })}
      </button>
    </section>
  );
}

function Words({ figures, report }: { figures: FigureBeside[]; report: WaitingReport }) {
  const { element } = useNames();
  const words = report.report.cells.filter((cell) => cell.isWord).map((cell) => cell.element);
  const shown = figures.filter((one) => words.includes(one.element));
  const text = (one: FigureBeside) =>
    `${element(one.element)}: ${figureText(one.now, one.scale)}`;
  return (
    <p class="quiet">
      {shown.map(text).join(' · ')}
    </p>
  );
}

interface DecisionProps {
  one: WaitingReport;
  named: NamedReport | undefined;
  next(): void;
  close(): void;
}

/** One report beside its past; a decision names exactly what is shown here. */
function Decision({ one, named, next, close }: DecisionProps) {
  const { isBusy, error, act } = useAct();
  const concernText = useConcernText();
  const [question, setQuestion] = useState<string | null>(null);
  const [code, setCode] = useState(QUESTIONS[0] ?? '');
  const { reportId, contentHash, note } = one.report;
  const decide = async (work: () => Promise<unknown>) => {
    if (await act(work)) next();
  };
  const accept = () => void decide(() => ask('accept', [seen(one)]));
  const giveBack = (event: Event) => {
    event.preventDefault();
    void decide(() => ask('return', reportId, contentHash, code, question ?? ''));
  };
  useKeys({ a: () => !isBusy && accept(), r: () => setQuestion(''), Escape: close });
  return (
    <section class="decision" aria-label={say('review-look')}>
      <button class="narrow" onClick={close}>{say('back')}</button>
      <ReportTitle named={named} />
      <ul class="plain">
        {one.concerns.map((concern) => (
          <li key={`${concern.kind} ${concern.element ?? ''}`}>{concernText(concern)}</li>
        ))}
      </ul>
      <Figures figures={one.figures} />
      {note && <p class="ask">{say('review-note', { note })}</p>}
      <Failure error={error} />
      {question === null ? (
        <div class="row">
          <button class="main" disabled={isBusy} onClick={accept}>{say('review-accept')}</button>
          <button disabled={isBusy} onClick={() => setQuestion('')}>{say('review-return')}</button>
        </div>
      ) : (
        <form onSubmit={giveBack}>
          <label for="code">{say('review-question-kind')}</label>
          <select id="code" value={code} onChange={(event) => setCode(event.currentTarget.value)}>
            {QUESTIONS.map((each) => (
              <option key={each} value={each}>{say(`question-${each}`)}</option>
            ))}
          </select>
          <label for="question">{say('review-question')}</label>
          <textarea id="question" rows={2} maxLength={500} required value={question}
            ref={focus}
            onInput={(event) => setQuestion(event.currentTarget.value)} />
          <div class="row">
            <button type="submit" class="main" disabled={isBusy}>{say('review-return')}</button>
            <button type="button" onClick={() => setQuestion(null)}>{say('back')}</button>
          </div>
        </form>
      )}
      <Comments report={one.report} />
    </section>
  );
}

function Figures({ figures }: { figures: FigureBeside[] }) {
  const { element } = useNames();
  const past = (figure: number | null, scale: number) =>
    figure === null ? '–' : writeFigure(figure, scale);
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{say('review-element')}</th>
          <th scope="col">{say('review-now')}</th>
          <th scope="col">{say('review-last-period')}</th>
          <th scope="col">{say('review-last-year')}</th>
        </tr>
      </thead>
      <tbody>
        {figures.map((one) => (
          <tr key={one.element} class={one.differs ? 'differs' : ''}>
            <th scope="row">{element(one.element)}</th>
            <td>{figureText(one.now, one.scale)}</td>
            <td>{past(one.lastPeriod, one.scale)}</td>
            <td>{past(one.lastYear, one.scale)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
