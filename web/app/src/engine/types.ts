// What the engine answers: the values of its facade (src/client/facade) as JSON. Days are days
// since 1970, figures whole numbers in units of their scale.

/** A text of the engine, by language. */
export type Texts = Record<string, string>;

export type Figure =
  | { kind: 'reported' | 'carried'; value: number }
  | { kind: 'nil' | 'missingAwaitingSource' | 'missingNotCounted' | 'missingSeeNote' };

export interface ReportKey {
  contract: string;
  unit: string;
  calendar: string;
  startDay: number;
  endDay: number;
  cut: number;
}

export type ReportStatus =
  | 'BLANK'
  | 'DRAFT'
  | 'WAITING'
  | 'SENT'
  | 'RECEIVED'
  | 'RETURNED'
  | 'CONFLICT'
  | 'ACCEPTED'
  | 'LOCKED';

export interface DueReport {
  key: ReportKey;
  reportId: string;
  formNameVi: string;
  formNameEn: string;
  periodName: Texts;
  submitFromDay: number;
  dueDay: number;
  status: ReportStatus;
}

export interface NamedReport {
  reportId: string;
  key: ReportKey;
  unitName: string;
  formNameVi: string;
  formNameEn: string;
  periodName: Texts;
}

export interface Cell {
  element: string;
  nameVi: string;
  nameEn: string;
  unitOfCount: string;
  scale: number;
  min: number;
  max: number;
  /** A stock or a duty: it is answered also where nothing occurred. */
  isWord: boolean;
  value: Figure | null;
}

export interface CellEntry {
  element: string;
  value: Figure | null;
}

export interface Problem {
  field: string;
  element: string | null;
  reason: string;
  text: Texts;
}

/** Why the engine said no. */
export interface EngineError {
  /** `NO_ENGINE`: the engine does not run here, and the text is for developers. */
  code: string;
  text: Texts;
  problems: Problem[];
}

export type CommandKind =
  | 'SAVE'
  | 'SUBMIT'
  | 'RETURN'
  | 'ACCEPT'
  | 'COMMENT'
  | 'SETTLE'
  | 'SETTLE_HELD'
  | 'PROPOSE'
  | 'SETTLE_PROPOSAL'
  | 'TAKE_PART'
  | 'OTHER';

export interface Refused {
  number: number;
  reportId: string;
  kind: CommandKind;
  reasonText: Texts;
  problems: Problem[];
  cells: CellEntry[];
  text: string | null;
}

export interface OwnHeld {
  number: number;
  reportId: string;
  kind: CommandKind;
  place: Texts;
  cells: CellEntry[];
  text: string | null;
}

export interface Held {
  heldId: string;
  reportId: string;
  reason: string;
  kind: CommandKind;
  cells: CellEntry[];
  text: string | null;
  settled: boolean | null;
  settling: boolean;
}

export interface Conflict {
  conflictId: string;
  reportId: string;
  /** `null`: it is about the note. */
  element: string | null;
  branch: Figure | null;
  standing: Figure | null;
  base: Figure | null;
  branchNote: string;
  standingNote: string;
  settled: boolean | null;
  settling: boolean;
}

export interface Proposal {
  proposalId: string;
  reportId: string;
  cells: CellEntry[];
  note: string | null;
  reason: string;
  isCurrent: boolean;
  settled: boolean | null;
  settling: boolean;
}

export interface Comment {
  commentId: string;
  unit: string;
  role: string | null;
  text: string;
  receivedDay: number | null;
}

export interface Report {
  reportId: string;
  key: ReportKey;
  status: ReportStatus;
  nil: boolean;
  cells: Cell[];
  note: string;
  contentHash: string;
  question: { code: string; text: string } | null;
  comments: Comment[];
}

export interface Form {
  report: Report;
  /** The words of the last period, which this report may keep. */
  carried: CellEntry[];
  /** The unit's report right before this one. */
  lastPeriod: CellEntry[];
}

export interface FigureBeside {
  element: string;
  scale: number;
  now: Figure | null;
  lastPeriod: number | null;
  lastYear: number | null;
  differs: boolean;
}

export interface Concern {
  kind:
    | 'hasComments'
    | 'changedAgain'
    | 'late'
    | 'early'
    | 'hasNote'
    | 'wordChanged'
    | 'wordMissing'
    | 'openFinding'
    | 'departsFromBoth'
    | 'largeMovement';
  element?: string;
}

export interface WaitingReport {
  report: Report;
  figures: FigureBeside[];
  concerns: Concern[];
}

export interface Seen {
  reportId: string;
  contentHash: string;
}

export interface Finding {
  id: string;
  rule: string;
  unit: string;
  fromDay: number;
  toDay: number;
  question: Texts;
  askedDay: number;
  state: 'OPEN' | 'EXPLAINED' | 'CORRECTED' | 'ACCEPTED_RISK' | 'ESCALATED';
  reply: string | null;
}

export interface Campaign {
  code: string;
  nameVi: string;
  nameEn: string;
  fromDay: number;
  toDay: number;
  registrationDeadline: number | null;
  targets: { code: string; textVi: string; textEn: string }[];
}

export type LaunchMode = 'IN_PERSON' | 'ONLINE' | 'HYBRID';

export interface Launch {
  heldDay: number;
  mode: LaunchMode;
  sites: string[];
  attendance: number | null;
}

export interface Pledge {
  /** Empty: the unit itself. */
  body: string;
  text: string;
  signedRole: string;
}

export interface Participation {
  campaign: string;
  unit: string;
  registration: { signedRole: string; receivedDay: number; late: boolean } | null;
  launch: Launch | null;
  pledges: Pledge[];
  waitingActs: number;
}

export interface Judgement {
  code: string;
  state: string;
  group: 'GOOD' | 'BEHIND' | 'MISSED' | 'UNDECIDED' | 'NOT_JUDGED';
  reasons: string[];
  display: string;
  members: Judgement[];
}

export interface Standing {
  campaign: string;
  phase: number;
  unit: string;
  view: string;
  judgedThroughDay: number | null;
  judgement: Judgement;
  expected: number;
  received: number;
  missing: number;
}

export interface Names {
  units: { code: string; name: string }[];
  elements: { code: string; nameVi: string; nameEn: string; unitOfCount: string; scale: number }[];
}

export interface Session {
  unit: string;
  unitName: string;
  roles: string[];
  deviceId: string;
}

export interface State {
  clock: { today: number; isWrong: boolean; aheadSeconds: number };
  lease: { remainingDays: number; isExpired: boolean } | null;
  /** `lastSync`: microseconds since 1970, 0 before the first. */
  outbox: { waiting: number; sent: number; held: number; refused: number; lastSync: number };
  divergedScopes: number;
}

/** What a sync came to. */
export interface SyncEnd {
  outcome: 'done' | 'offline' | 'stopped';
  /** Milliseconds after which it is worth another try. */
  afterMs: number;
  error?: EngineError;
}

/** The enrolments of this browser, and the one that is open. */
export interface Profiles {
  open: string;
  /** The browser has lost the key of the open one: the server takes nothing more from it. */
  isKeyLost: boolean;
  all: { id: string; unitName: string; waiting: number }[];
}

/** What the worker itself does: it opens the engine and makes its calls. */
export interface WorkerOperations {
  open(): Promise<Session | null>;
  enrol(invitation: string): Promise<Session | null>;
  sync(): Promise<SyncEnd>;
  /** Hears what is new as it happens; ends with the next sync, or with `endFollow`. */
  follow(): Promise<SyncEnd>;
  endFollow(): Promise<null>;
  replyFinding(finding: string, state: string, text: string): Promise<null>;
  /** The engine's state; the list of profiles keeps what waits in it. */
  state(): Promise<State>;
  profiles(): Promise<Profiles>;
  /** For the next load of the page; `null`: a new profile. */
  changeProfile(id: string | null): Promise<null>;
  exportCommands(): Promise<{ bytes: Uint8Array; count: number }>;
  /** Deletes everything of the open profile. */
  erase(): Promise<null>;
}

/** What the engine does, by name; see web/engine/src/operations.rs. An act gives its number. */
export interface EngineOperations {
  session(): Session | null;
  names(): Names;
  refused(): Refused[];
  discard(number: number): boolean;
  ownHeld(): OwnHeld[];
  records(): [number, number[], number, number[]][];
  due(fromDay: number, toDay: number): DueReport[];
  form(key: ReportKey): Form;
  report(reportId: string): Report | null;
  namedReports(reportIds: string[]): NamedReport[];
  check(key: ReportKey, cells: CellEntry[]): Problem[];
  save(key: ReportKey, cells: CellEntry[], note: string | null): number | null;
  saveNilCarried(key: ReportKey): number | null;
  submit(reportId: string): number;
  comment(reportId: string, text: string): number;
  propose(key: ReportKey, cells: CellEntry[], note: string | null, reason: string): number | null;
  findings(): Finding[];
  standings(): Standing[];
  reviewQueue(): WaitingReport[];
  accept(seen: Seen[]): number[];
  return(reportId: string, contentHash: string, code: string, text: string): number;
  conflicts(): Conflict[];
  settleConflict(conflictId: string, takeBranch: boolean): number;
  proposals(): Proposal[];
  settleProposal(proposalId: string, contentHash: string, grant: boolean): number;
  held(): Held[];
  settleHeld(heldId: string, apply: boolean): number;
  campaigns(): Campaign[];
  participations(): Participation[];
  register(campaign: string, unit: string, signedRole: string): number;
  withdraw(campaign: string, unit: string): number;
  launch(campaign: string, unit: string, launch: Launch | null): number;
  pledge(campaign: string, unit: string, pledge: Pledge): number;
  removePledge(campaign: string, unit: string, body: string): number;
}

export type Operations = WorkerOperations & EngineOperations;
