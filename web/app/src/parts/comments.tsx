import { useState } from 'preact/hooks';
import { ask } from '../engine/client';
import type { Report } from '../engine/types';
import { useAct, useNames } from '../hooks';
import { dayText, say } from '../texts';
import { Failure } from './failure';

/** What people said about a report, and a line for more. */
export function Comments({ report }: { report: Report }) {
  const [text, setText] = useState('');
  const { isBusy, error, act } = useAct();
  const { unit } = useNames();
  if (report.status === 'BLANK') return null;
  const send = async (event: Event) => {
    event.preventDefault();
    if (await act(() => ask('comment', report.reportId, text))) setText('');
  };
  return (
    <section>
      <h2>{say('comments-title')}</h2>
      <ul class="plain">
        {report.comments.map((one) => (
          <li key={one.commentId}>
            <strong>{unit(one.unit)}</strong>
            {one.receivedDay !== null && <> · {dayText(one.receivedDay)}</>}: {one.text}
          </li>
        ))}
      </ul>
      <form onSubmit={send}>
        <label for="comment">{say('comments-add')}</label>
        <textarea id="comment" rows={2} maxLength={500} value={text}
          onInput={(event) => setText(event.currentTarget.value)} />
        <Failure error={error} />
        <button type="submit" disabled={isBusy || text.trim() === ''}>
          {say('comments-send')}
        </button>
      </form>
    </section>
  );
}
