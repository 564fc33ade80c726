import type { ComponentChildren } from 'preact';
import { ask } from '../engine/client';
import type {
  CellEntry, CommandKind, Conflict, Held, NamedReport, OwnHeld, Proposal, Refused, Report,
} from '../engine/types';
import { figureText } from '../figures';
import { useAct, useAnswer, useKnown, useNames } from '../hooks';
import { Failure } from '../parts/failure';
import { ReportTitle, useReportNames } from '../parts/report_title';
import { say, told } from '../texts';

type Names = (id: string) => NamedReport | undefined;

/** Everything that waits for a decision of this person: nothing of it is lost without one. */
export function Decisions() {
  const conflicts = useAnswer('conflicts').answer?.filter((one) => one.settled === null) ?? [];
  const proposals = useAnswer('proposals').answer?.filter((one) => one.settled === null) ?? [];
  const held = useAnswer('held').answer?.filter((one) => one.settled === null) ?? [];
  const ownHeld = useAnswer('ownHeld').answer ?? [];
  const refused = useAnswer('refused').answer ?? [];
  const all = [...conflicts, ...proposals, ...held, ...ownHeld, ...refused];
  const names = useReportNames(all.map((one) => one.reportId));
  return (
    <>
      <h1>{say('decisions-title')}</h1>
      {all.length === 0 && <p>{say('decisions-none')}</p>}
      {conflicts.map((one) => <ConflictCard key={one.conflictId} one={one} names={names} />)}
      {proposals.map((one) => <ProposalCard key={one.proposalId} one={one} names={names} />)}
      {held.map((one) => <HeldCard key={one.heldId} one={one} names={names} />)}
      {refused.map((one) => <RefusedCard key={one.number} one={one} names={names} />)}
      {ownHeld.map((one) => <OwnHeldCard key={one.number} one={one} names={names} />)}
    </>
  );
}

function Entries({ cells }: { cells: CellEntry[] }) {
  const { element, scale } = useNames();
  return (
    <ul class="plain">
      {cells.map((one) => (
        <li key={one.element}>
          {element(one.element)}: <strong>{figureText(one.value, scale(one.element))}</strong>
        </li>
      ))}
    </ul>
  );
}

interface ChoiceProps {
  /** Whose role decides. */
  role: 'UNIT_HEAD' | 'REVIEWER';
  /** The decision is made and waits for a connection or its effect. */
  isSettling: boolean;
  children: ComponentChildren;
}

/** The buttons for whoever decides; others read who that is. */
function Choice({ role, isSettling, children }: ChoiceProps) {
  const { roles } = useKnown().session;
  if (isSettling) return <p class="quiet">{say('decision-waits')}</p>;
  if (!roles.includes(role)) return <p class="quiet">{say(`decision-of-${role}`)}</p>;
  return <div class="row">{children}</div>;
}

function kindText(kind: CommandKind): string {
  return say(`command-${kind}`);
}

/** Two people wrote different values into one place; the unit head says which one is right. */
function ConflictCard({ one, names }: { one: Conflict; names: Names }) {
  const { isBusy, error, act } = useAct();
  const { element, scale } = useNames();
  const settle = (takeBranch: boolean) =>
    void act(() => ask('settleConflict', one.conflictId, takeBranch));
  const text = (figure: Conflict['branch'], note: string) =>
    one.element === null ? note : figureText(figure, scale(one.element));
  return (
    <article class="card">
      <h2>{say('conflict-title')}</h2>
      <ReportTitle named={names(one.reportId)} />
      <p>{one.element === null ? say('conflict-note') : element(one.element)}</p>
      <Failure error={error} />
      <Choice role="UNIT_HEAD" isSettling={one.settling}>
        <button disabled={isBusy} onClick={() => settle(false)}>
          {say('conflict-keep', { value: text(one.standing, one.standingNote) })}
        </button>
        <button disabled={isBusy} onClick={() => settle(true)}>
          {say('conflict-take', { value: text(one.branch, one.branchNote) })}
        </button>
      </Choice>
    </article>
  );
}

/** A change of an accepted report, beside what stands now. */
function ProposalCard({ one, names }: { one: Proposal; names: Names }) {
  const { isBusy, error, act } = useAct();
  const { answer: report } = useAnswer('report', one.reportId);
  const settle = (grant: boolean) =>
    void act(() => ask('settleProposal', one.proposalId, report?.contentHash ?? '', grant));
  return (
    <article class="card">
      <h2>{say('proposal-title')}</h2>
      <ReportTitle named={names(one.reportId)} />
      {report && <Changes cells={one.cells} report={report} />}
      {one.note !== null && <p>{say('proposal-note', { note: one.note })}</p>}
      <p class="ask">{one.reason || say('proposal-no-reason')}</p>
      {!one.isCurrent && <p class="bad">{say('proposal-old')}</p>}
      <Failure error={error} />
      <Choice role="REVIEWER" isSettling={one.settling}>
        <button class="main" disabled={isBusy || !report || !one.isCurrent}
          onClick={() => settle(true)}>
          {say('proposal-grant')}
        </button>
        <button disabled={isBusy || !report} onClick={() => settle(false)}>
          {say('proposal-refuse')}
        </button>
      </Choice>
    </article>
  );
}

function Changes({ cells, report }: { cells: CellEntry[]; report: Report }) {
  const { element, scale } = useNames();
  const before = (code: string) =>
    report.cells.find((cell) => cell.element === code)?.value ?? null;
  return (
    <ul class="plain">
      {cells.map((one) => (
        <li key={one.element}>
          {element(one.element)}: {figureText(before(one.element), scale(one.element))} →{' '}
          <strong>{figureText(one.value, scale(one.element))}</strong>
        </li>
      ))}
    </ul>
  );
}

/** Work of a person whose role has ended, or that waits for what came before it. */
function HeldCard({ one, names }: { one: Held; names: Names }) {
  const { isBusy, error, act } = useAct();
  const settle = (apply: boolean) => void act(() => ask('settleHeld', one.heldId, apply));
  return (
    <article class="card">
      <h2>{say('held-title', { command: kindText(one.kind) })}</h2>
      <ReportTitle named={names(one.reportId)} />
      <p>{say(`held-reason-${one.reason}`)}</p>
      <Entries cells={one.cells} />
      {one.text && <p class="ask">{one.text}</p>}
      <Failure error={error} />
      <Choice role="UNIT_HEAD" isSettling={one.settling}>
        <button class="main" disabled={isBusy} onClick={() => settle(true)}>
          {say('held-apply')}
        </button>
        <button disabled={isBusy} onClick={() => settle(false)}>{say('held-discard')}</button>
      </Choice>
    </article>
  );
}

/** What the server refused stays here until a person enters it anew or discards it. */
function RefusedCard({ one, names }: { one: Refused; names: Names }) {
  const { isBusy, act } = useAct();
  return (
    <article class="card late">
      <h2>{say('refused-title', { command: kindText(one.kind) })}</h2>
      <ReportTitle named={names(one.reportId)} />
      <Failure error={{ code: 'REFUSED', text: one.reasonText, problems: one.problems }} />
      <Entries cells={one.cells} />
      {one.text && <p class="ask">{one.text}</p>}
      <button disabled={isBusy} onClick={() => void act(() => ask('discard', one.number))}>
        {say('refused-discard')}
      </button>
    </article>
  );
}

/** This person's own work that the server keeps for somebody's decision. */
function OwnHeldCard({ one, names }: { one: OwnHeld; names: Names }) {
  return (
    <article class="card">
      <h2>{say('own-held-title', { command: kindText(one.kind) })}</h2>
      <ReportTitle named={names(one.reportId)} />
      <p>{told(one.place)}</p>
      <Entries cells={one.cells} />
      {one.text && <p class="ask">{one.text}</p>}
    </article>
  );
}
