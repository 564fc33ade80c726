import { useState } from 'preact/hooks';
import { ask } from '../engine/client';
import type { EngineError } from '../engine/types';
import { Failure } from '../parts/failure';
import { LanguageButtons } from '../parts/language';
import { BackToUnits } from '../parts/units';
import { refresh, syncNow } from '../session';
import { say } from '../texts';
import { Camera, readInvitation } from './camera';

interface Props {
  /** Why this device is enrolled no more, if it was. */
  why: EngineError | null;
}

export function Enrol({ why }: Props) {
  // Behind `#` in the address, so that no server and no log ever sees it.
  const [code, setCode] = useState(readInvitation(location.hash));
  const [error, setError] = useState<EngineError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const enrol = async (invitation: string) => {
    setCode(invitation);
    setBusy(true);
    setError(null);
    try {
      await ask('enrol', invitation.trim());
      history.replaceState(null, '', location.pathname);
      await navigator.storage?.persist?.();
      await refresh();
      void syncNow();
    } catch (failed) {
      setError(failed as EngineError);
    } finally {
      setBusy(false);
    }
  };
  return (
    <main>
      <h1>{say('enrol-title')}</h1>
      <p>{say('enrol-explain')}</p>
      <Camera found={(invitation) => void enrol(invitation)} />
      <form onSubmit={(event) => { event.preventDefault(); void enrol(code); }}>
        <label for="code">{say('enrol-code')}</label>
        <textarea
          id="code"
          rows={4}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          required
          value={code}
          onInput={(event) => setCode(event.currentTarget.value)}
        />
        <Failure error={error ?? why} />
        <button type="submit" class="main" disabled={isBusy || code.trim() === ''}>
          {say(isBusy ? 'enrol-doing' : 'enrol-do')}
        </button>
      </form>
      <BackToUnits />
      <p class="foot"><LanguageButtons /></p>
    </main>
  );
}
