import type { NamedReport } from '../engine/types';
import { useAnswer } from '../hooks';
import { pick, told } from '../texts';

/** What reports are called, by id. */
export function useReportNames(ids: string[]): (id: string) => NamedReport | undefined {
  const { answer } = useAnswer('namedReports', ids);
  return (id) => answer?.find((one) => one.reportId === id);
}

/** A report by its names. */
export function ReportTitle({ named }: { named: NamedReport | undefined }) {
  if (!named) return null;
  return (
    <p class="title">
      <strong>{named.unitName}</strong> · {pick(named.formNameVi, named.formNameEn)} ·{' '}
      {told(named.periodName)}
    </p>
  );
}
