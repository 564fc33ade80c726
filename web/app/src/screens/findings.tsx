import { useState } from 'preact/hooks';
import { ask } from '../engine/client';
import type { Finding } from '../engine/types';
import { useAct, useAnswer, useKnown, useNames } from '../hooks';
import { Failure } from '../parts/failure';
import { codeText, dayText, say, told } from '../texts';

const REPLIES = ['EXPLAINED', 'CORRECTED', 'ACCEPTED_RISK'] as const;

/** Questions about figures: of the own unit first. A question is no reproach. */
export function Findings() {
  const { session } = useKnown();
  const { answer, error } = useAnswer('findings');
  const isOwn = (one: Finding) => one.unit === session.unit;
  const all = answer ?? [];
  const ordered = [...all.filter(isOwn), ...all.filter((one) => !isOwn(one))];
  return (
    <>
      <h1>{say('findings-title')}</h1>
      <p class="quiet">{say('findings-explain')}</p>
      <Failure error={error} />
      {answer?.length === 0 && <p>{say('findings-none')}</p>}
      {ordered.map((one) => <FindingCard key={one.id} one={one} isOwn={isOwn(one)} />)}
    </>
  );
}

function FindingCard({ one, isOwn }: { one: Finding; isOwn: boolean }) {
  const { unit } = useNames();
  return (
    <article class="card">
      <h2>{told(one.question)}</h2>
      <p class="quiet">
        {unit(one.unit)} · {say('findings-asked', { day: dayText(one.askedDay) })} ·{' '}
        {codeText('finding-state', one.state)}
      </p>
      {one.reply !== null && <p class="ask">{one.reply}</p>}
      {isOwn && one.reply === null && <Reply finding={one} />}
    </article>
  );
}

/** A reply needs a connection, so that its result is known at once. */
function Reply({ finding }: { finding: Finding }) {
  const [state, setState] = useState<string>(REPLIES[0]);
  const [text, setText] = useState('');
  const { isBusy, error, act } = useAct();
  const send = (event: Event) => {
    event.preventDefault();
    void act(() => ask('replyFinding', finding.id, state, text));
  };
  const id = `reply-${finding.id}`;
  return (
    <form onSubmit={send}>
      <label for={`${id}-state`}>{say('findings-reply-kind')}</label>
      <select id={`${id}-state`} value={state}
        onChange={(event) => setState(event.currentTarget.value)}>
        {REPLIES.map((each) => <option key={each} value={each}>{say(`reply-${each}`)}</option>)}
      </select>
      <label for={id}>{say('findings-reply')}</label>
      <textarea id={id} rows={2} maxLength={500} required value={text}
        onInput={(event) => setText(event.currentTarget.value)} />
      <Failure error={error} />
      <button type="submit" disabled={isBusy || text.trim() === ''}>{say('findings-send')}</button>
    </form>
  );
}
