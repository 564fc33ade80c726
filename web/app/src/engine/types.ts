// What the worker answers; the engine's own words, see web/engine/src/views.rs.

export type Figure =
  | { kind: 'reported' | 'carried'; figure: number }
  | { kind: 'nil' | 'awaiting' | 'notCounted' | 'seeNote' };

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
  form: string;
  period: string;
  submitFromDay: number;
  dueDay: number;
  status: ReportStatus;
}

export interface Cell {
  element: string;
  name: string;
  unitOfCount: string;
  scale: number;
  min: number;
  max: number;
  isWord: boolean;
  value: Figure | null;
  last: Figure | null;
}

export interface CellEntry {
  element: string;
  value: Figure | null;
}

export interface Refused {
  number: number;
  reportId: string;
  reason: string;
  problems: string[];
  text: string | null;
}

export interface Report {
  reportId: string;
  key: ReportKey;
  status: ReportStatus;
  nil: boolean;
  cells: Cell[];
  note: string;
  question: { code: string; text: string } | null;
  pending: number;
  refused: Refused[];
}

export interface Session {
  unit: string;
  unitName: string;
  roles: string[];
  deviceId: string;
}

export interface State {
  today: number;
  clockIsWrong: boolean;
  clockAheadSeconds: number;
  leaseDays: number | null;
  isLocked: boolean;
  waiting: number;
  sent: number;
  refused: number;
  held: number;
  divergedScopes: number;
}

export interface Problem {
  field: string;
  element: string | null;
  reason: string;
  text: string;
}

/** Why the engine said no, in the language of the app. */
export interface EngineError {
  /** `NO_ENGINE`: the engine does not run here, and `text` is for developers. */
  code: string;
  text: string;
  problems: Problem[];
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

/** What the worker does, by name. */
export interface Operations {
  open(lang: string): Session | null;
  enrol(invitation: string): Session | null;
  sync(): SyncEnd;
  state(): State;
  session(): Session | null;
  due(fromDay: number, toDay: number): DueReport[];
  report(key: ReportKey): Report;
  save(key: ReportKey, cells: CellEntry[], note: string | null): number | null;
  saveNil(key: ReportKey, carried: boolean): number | null;
  submit(reportId: string): number;
  refused(): Refused[];
  discard(number: number): boolean;
  records(): [number, number[], number, number[]][];
  profiles(): Profiles;
  /** For the next load of the page; `null`: a new profile. */
  changeProfile(id: string | null): null;
  exportCommands(): { bytes: Uint8Array; count: number };
  erase(): null;
}
