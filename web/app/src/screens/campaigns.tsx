import { useState } from 'preact/hooks';
import { ask } from '../engine/client';
import type { Campaign, Launch, LaunchMode, Participation, Pledge } from '../engine/types';
import { useAct, useAnswer, useKnown } from '../hooks';
import { Failure } from '../parts/failure';
import { dayOf, dayText, fieldDay, pick, say } from '../texts';

const MODES: LaunchMode[] = ['IN_PERSON', 'ONLINE', 'HYBRID'];

/** How the unit takes part: registered, launched, pledged; without a connection too. */
export function Campaigns() {
  const { session, state } = useKnown();
  const { answer: campaigns, error } = useAnswer('campaigns');
  const { answer: parts } = useAnswer('participations');
  const { today } = state.clock;
  const present = campaigns?.filter((one) => today < one.toDay) ?? [];
  const partOf = (campaign: Campaign) =>
    parts?.find((one) => one.campaign === campaign.code && one.unit === session.unit);
  return (
    <>
      <h1>{say('campaigns-title')}</h1>
      <Failure error={error} />
      {campaigns && present.length === 0 && <p>{say('campaigns-none')}</p>}
      {present.map((one) => <CampaignCard key={one.code} campaign={one} part={partOf(one)} />)}
    </>
  );
}

interface CardProps {
  campaign: Campaign;
  part: Participation | undefined;
}

function CampaignCard({ campaign, part }: CardProps) {
  const { registrationDeadline: deadline } = campaign;
  const mayAct = useKnown().session.roles.some((role) => /^(REPORTER|UNIT_HEAD)$/.test(role));
  return (
    <article class="card">
      <h2>{pick(campaign.nameVi, campaign.nameEn)}</h2>
      <p>
        {dayText(campaign.fromDay)} – {dayText(campaign.toDay - 1)}
        {deadline !== null && <> · {say('campaigns-deadline', { day: dayText(deadline) })}</>}
      </p>
      <ul>
        {campaign.targets.map((one) => <li key={one.code}>{pick(one.textVi, one.textEn)}</li>)}
      </ul>
      {part && mayAct && <Acts part={part} />}
    </article>
  );
}

function Acts({ part }: { part: Participation }) {
  const [open, setOpen] = useState<'register' | 'launch' | 'pledge' | null>(null);
  const { isBusy, error, act } = useAct();
  const { campaign, unit } = part;
  const perform = async (work: () => Promise<unknown>) => {
    if (await act(work)) setOpen(null);
  };
  const form = { isBusy, close: () => setOpen(null) };
  return (
    <>
      {part.waitingActs > 0 && <p class="quiet">{say('decision-waits')}</p>}
      <p>{registrationText(part)}</p>
      {part.launch && <p>{launchText(part.launch)}</p>}
      {part.pledges.map((one) => (
        <p class="ask" key={one.body}>
          {one.text} <span class="quiet">({one.signedRole})</span>{' '}
          <button type="button" class="link" disabled={isBusy}
            onClick={() => void perform(() => ask('removePledge', campaign, unit, one.body))}>
            {say('pledge-remove')}
          </button>
        </p>
      ))}
      <Failure error={error} />
      {open === 'register' && (
        <Register {...form}
          send={(post) => void perform(() => ask('register', campaign, unit, post))} />
      )}
      {open === 'launch' && (
        <LaunchForm {...form}
          send={(launch) => void perform(() => ask('launch', campaign, unit, launch))} />
      )}
      {open === 'pledge' && (
        <PledgeForm {...form}
          send={(pledge) => void perform(() => ask('pledge', campaign, unit, pledge))} />
      )}
      {open === null && (
        <div class="row">
          {part.registration ? (
            <button disabled={isBusy}
              onClick={() => void perform(() => ask('withdraw', campaign, unit))}>
              {say('register-withdraw')}
            </button>
          ) : (
            <button onClick={() => setOpen('register')}>{say('register-do')}…</button>
          )}
          <button onClick={() => setOpen('launch')}>{say('launch-do')}…</button>
          <button onClick={() => setOpen('pledge')}>{say('pledge-do')}…</button>
        </div>
      )}
    </>
  );
}

function registrationText({ registration }: Participation): string {
  if (!registration) return say('register-not-yet');
  const { signedRole: post, receivedDay, late } = registration;
  return say(late ? 'register-late' : 'register-done', { post, day: dayText(receivedDay) });
}

function launchText({ heldDay, mode, attendance }: Launch): string {
  const text = say('launch-done', { day: dayText(heldDay), mode: say(`mode-${mode}`) });
  return attendance === null ? text : `${text} · ${say('launch-people', { count: attendance })}`;
}

interface FormProps<Value> {
  isBusy: boolean;
  close(): void;
  send(value: Value): void;
}

function Buttons({ isBusy, close, text }: { isBusy: boolean; close(): void; text: string }) {
  return (
    <div class="row">
      <button type="submit" class="main" disabled={isBusy}>{text}</button>
      <button type="button" onClick={close}>{say('back')}</button>
    </div>
  );
}

/** Signed by a post, never by a person's name. */
function PostField({ value, put }: { value: string; put(text: string): void }) {
  return (
    <>
      <label for="post">{say('signed-post')}</label>
      <input id="post" required maxLength={100} value={value}
        onInput={(event) => put(event.currentTarget.value)} />
    </>
  );
}

function Register({ isBusy, close, send }: FormProps<string>) {
  const [post, setPost] = useState('');
  return (
    <form onSubmit={(event) => { event.preventDefault(); send(post); }}>
      <PostField value={post} put={setPost} />
      <Buttons isBusy={isBusy} close={close} text={say('register-do')} />
    </form>
  );
}

function LaunchForm({ isBusy, close, send }: FormProps<Launch>) {
  const { today } = useKnown().state.clock;
  const [day, setDay] = useState(fieldDay(today));
  const [mode, setMode] = useState<LaunchMode>('IN_PERSON');
  const [people, setPeople] = useState('');
  const attendance = people === '' ? null : Number(people);
  const submit = (event: Event) => {
    event.preventDefault();
    send({ heldDay: dayOf(day), mode, sites: [], attendance });
  };
  return (
    <form onSubmit={submit}>
      <label for="held">{say('launch-day')}</label>
      <input id="held" type="date" required value={day}
        onInput={(event) => setDay(event.currentTarget.value)} />
      <label for="mode">{say('launch-mode')}</label>
      <select id="mode" value={mode}
        onChange={(event) => setMode(event.currentTarget.value as LaunchMode)}>
        {MODES.map((each) => <option key={each} value={each}>{say(`mode-${each}`)}</option>)}
      </select>
      <label for="people">{say('launch-attendance')}</label>
      <input id="people" inputMode="numeric" pattern="[0-9]{1,7}" value={people}
        onInput={(event) => setPeople(event.currentTarget.value)} />
      <Buttons isBusy={isBusy} close={close} text={say('launch-do')} />
    </form>
  );
}

function PledgeForm({ isBusy, close, send }: FormProps<Pledge>) {
  const [text, setText] = useState('');
  const [post, setPost] = useState('');
  const submit = (event: Event) => {
    event.preventDefault();
    send({ body: '', text, signedRole: post });
  };
  return (
    <form onSubmit={submit}>
      <label for="pledge">{say('pledge-text')}</label>
      <textarea id="pledge" rows={3} required maxLength={500} value={text}
        onInput={(event) => setText(event.currentTarget.value)} />
      <PostField value={post} put={setPost} />
      <Buttons isBusy={isBusy} close={close} text={say('pledge-do')} />
    </form>
  );
}
