import { useContext, useEffect, useState } from 'preact/hooks';
import { ask } from '../engine/client';
import type { Profiles } from '../engine/types';
import { KnownContext, useAct, useKnown } from '../hooks';
import { leave } from '../place';
import { say } from '../texts';
import { readInvitation } from '../screens/camera';
import { Failure } from './failure';

/** Opens another profile, or a new one: the page loads again with it. */
async function change(id: string | null): Promise<void> {
  await ask('changeProfile', id);
  leave();
}

/** A card's link opened on a device that is enrolled: its code is for a further unit. */
export function Invited() {
  const [isOpen, setOpen] = useState(readInvitation(location.hash) !== '');
  if (!isOpen) return null;
  const dismiss = () => {
    history.replaceState(null, '', location.pathname);
    setOpen(false);
  };
  return (
    <section class="ask">
      <p>{say('units-invited')}</p>
      <div class="row">
        <button type="button" onClick={() => void change(null)}>{say('units-add')}</button>
        <button type="button" onClick={dismiss}>{say('units-not-now')}</button>
      </div>
    </section>
  );
}

function useProfiles(): Profiles | null {
  const version = useContext(KnownContext)?.version ?? 0;
  const [profiles, setProfiles] = useState<Profiles | null>(null);
  useEffect(() => void ask('profiles').then(setProfiles).catch(console.warn), [version]);
  return profiles;
}

function nameOf(profile: Profiles['all'][number]): string {
  return profile.unitName || say('units-new');
}

/** The other enrolments of this browser, with what waits in them: only the open one syncs. */
function Others({ profiles }: { profiles: Profiles }) {
  return (
    <>
      {profiles.all.filter((one) => one.id !== profiles.open).map((one) => (
        <button type="button" key={one.id} onClick={() => void change(one.id)}>
          {nameOf(one)}
          {one.waiting > 0 && <> · {say('net-waiting', { count: one.waiting })}</>}
        </button>
      ))}
    </>
  );
}

/** The unit at the top: whose reports these are, and the way to those of another one. */
export function Units({ name }: { name: string }) {
  const profiles = useProfiles();
  return (
    <details class="units">
      <summary><strong>{name}</strong></summary>
      <div class="menu">
        {profiles && <Others profiles={profiles} />}
        <button type="button" onClick={() => void change(null)}>{say('units-add')}</button>
        <Export />
        <Kept />
      </div>
    </details>
  );
}

/** The way back from the enrolment of a further unit. */
export function BackToUnits() {
  const profiles = useProfiles();
  if (!profiles || profiles.all.length < 2) return null;
  return (
    <section>
      <h2>{say('units-others')}</h2>
      <div class="row"><Others profiles={profiles} /></div>
    </section>
  );
}

/** Saves what no server has taken as a file, sealed for the authority: for a device that goes. */
function Export() {
  const [text, setText] = useState('');
  const { error, act } = useAct();
  const save = async () => {
    const { bytes, count } = await ask('exportCommands');
    if (count > 0) download(bytes);
    setText(say('export-done', { count }));
  };
  return (
    <>
      <button type="button" onClick={() => void act(save)}>{say('export-do')}</button>
      <Failure error={error} />
      {text && <p role="status">{text}</p>}
    </>
  );
}

function download(bytes: Uint8Array): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  link.download = 'thidua-export.bin';
  link.click();
  URL.revokeObjectURL(link.href);
}

/** Says so if the browser may delete the data when space is short. */
function Kept() {
  const [isKept, setKept] = useState(true);
  useEffect(() => {
    const keep = async () => setKept((await navigator.storage?.persist?.()) ?? false);
    void keep();
  }, []);
  return isKept ? null : <p>{say('units-may-go')}</p>;
}

/** The key is gone, so the server takes nothing more from this enrolment: what is left to do. */
export function KeyLost() {
  const { waiting, sent, refused } = useKnown().state.outbox;
  if (!useProfiles()?.isKeyLost) return null;
  const count = waiting + sent + refused;
  return (
    <section class="ask" role="alert">
      <p>{count > 0 ? say('key-lost', { count }) : say('key-lost-none')}</p>
      <button type="button" onClick={() => void signOut(count)}>{say('key-lost-enrol')}</button>
    </section>
  );
}

/** Deletes everything of the open profile, once a person has said so. */
export async function signOut(count: number): Promise<void> {
  if (!window.confirm(say('sign-out-sure', { count }))) return;
  await ask('erase');
  leave();
}
