import { useState } from 'preact/hooks';
import type { Campaign, Judgement, Standing } from '../engine/types';
import { useAnswer, useKnown, useNames } from '../hooks';
import { Failure } from '../parts/failure';
import { codeText, dayText, pick, say } from '../texts';

/**
 * What the last nightly run published, on a page of its own: never where figures are entered. One
 * unit at a time; units are listed by code, never by result.
 */
export function Standings() {
  const { session } = useKnown();
  const { answer, error } = useAnswer('standings');
  const { answer: campaigns } = useAnswer('campaigns');
  const { unit: nameOf } = useNames();
  const [chosen, setChosen] = useState<string | null>(null);
  // Each unit with its own past; the views of a reform are the office's.
  const all = answer?.filter((one) => one.view === 'AS_WAS') ?? [];
  const units = [...new Set(all.map((one) => one.unit))].sort();
  const own = units.includes(session.unit) ? session.unit : units[0];
  const unit = chosen ?? own;
  const codes = [...new Set(all.map((one) => one.campaign))];
  return (
    <>
      <h1>{say('standings-title')}</h1>
      <p class="quiet">{say('standings-explain')}</p>
      <Failure error={error} />
      {answer && all.length === 0 && <p>{say('standings-none')}</p>}
      {units.length > 1 && (
        <>
          <label for="unit">{say('standings-unit')}</label>
          <select id="unit" value={unit} onChange={(event) => setChosen(event.currentTarget.value)}>
            {units.map((code) => <option key={code} value={code}>{nameOf(code)}</option>)}
          </select>
        </>
      )}
      {codes.map((code) => (
        <CampaignStandings key={code} campaign={campaigns?.find((one) => one.code === code)}
          standings={all.filter((one) => one.campaign === code && one.unit === unit)} />
      ))}
    </>
  );
}

interface CampaignProps {
  campaign: Campaign | undefined;
  standings: Standing[];
}

function CampaignStandings({ campaign, standings }: CampaignProps) {
  if (!campaign || standings.length === 0) return null;
  const textOf = (code: string) => {
    const found = campaign.targets.find((one) => one.code === code);
    return found ? pick(found.textVi, found.textEn) : code;
  };
  const cards = (some: Standing[]) => (
    <ul class="cards">
      {some.map((one) => (
        <StandingCard key={`${one.phase} ${one.judgement.code}`} one={one}
          text={textOf(one.judgement.code)} />
      ))}
    </ul>
  );
  const judged = standings.filter((one) => one.judgement.group !== 'NOT_JUDGED');
  const others = standings.filter((one) => one.judgement.group === 'NOT_JUDGED');
  return (
    <section>
      <h2>{pick(campaign.nameVi, campaign.nameEn)}</h2>
      {cards(judged)}
      {others.length > 0 && (
        <details>
          <summary>{say('standings-not-judged', { count: others.length })}</summary>
          {cards(others)}
        </details>
      )}
    </section>
  );
}

function StandingCard({ one, text }: { one: Standing; text: string }) {
  return (
    <li class={`card ${one.judgement.group}`}>
      <p>
        {one.phase > 0 && <>{say('standings-phase', { phase: one.phase })} · </>}
        {text}
      </p>
      <JudgementLine judgement={one.judgement} />
      {one.expected > 0 && (
        <p class="quiet">
          {say('standings-reports', { received: one.received, expected: one.expected })}
          {one.missing > 0 && <> · {say('standings-missing', { count: one.missing })}</>}
          {one.judgedThroughDay !== null && (
            <> · {say('standings-through', { day: dayText(one.judgedThroughDay) })}</>
          )}
        </p>
      )}
    </li>
  );
}

/** A state of a window that runs is a pace, one of a window that ended is a verdict. */
function stateText(state: string): string {
  const pace = codeText('pace', state);
  return pace === state ? codeText('verdict', state) : pace;
}

function JudgementLine({ judgement }: { judgement: Judgement }) {
  const members = judgement.members.filter((one) => one.group !== 'NOT_JUDGED');
  return (
    <>
      <p>
        <strong>{stateText(judgement.state)}</strong>
        {judgement.display && <> · {judgement.display}</>}
      </p>
      {judgement.reasons.length > 0 && (
        <p class="quiet">
          {judgement.reasons.map((code) => codeText('verdict-reason', code)).join('; ')}
        </p>
      )}
      {members.map((one) => <JudgementLine key={one.code} judgement={one} />)}
    </>
  );
}
