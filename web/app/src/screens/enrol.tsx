import { useState } from 'preact/hooks';
import { ask } from '../engine/client';
import type { EngineError } from '../engine/types';
import { Failure } from '../parts/failure';
import { LanguageButtons } from '../parts/language';
import { refresh, syncNow } from '../session';
import { say } from '../texts';

/** The invitation in the address: behind `#`, so that no server and no log ever sees it. */
function invited(): string {
  const code = decodeURIComponent(location.hash.slice(1));
  return code.startsWith('thidua:') ? code : '';
}

interface Props {
  /** Why this device is enrolled no more, if it was. */
  why: EngineError | null;
}

export function Enrol({ why }: Props) {
  const [code, setCode] = useState(invited());
  const [error, setError] = useState<EngineError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const enrol = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await ask('enrol', code.trim());
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
      <form onSubmit={enrol}>
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
      <p class="foot"><LanguageButtons /></p>
    </main>
  );
}
