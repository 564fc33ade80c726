import { useEffect, useRef, useState } from 'preact/hooks';
import { say } from '../texts';

/** What browsers with a reader of their own offer; `qr` offers the same to the others. */
interface Reader {
  detect(image: ImageBitmapSource): Promise<{ rawValue: string }[]>;
}
interface ReaderClass {
  new (options: { formats: 'qr_code'[] }): Reader;
  getSupportedFormats(): Promise<readonly string[]>;
}

/** Pause between two looks: quick for a person, light for an old phone. */
const LOOK_EVERY_MS = 150;

async function makeReader(): Promise<Reader> {
  const own = (globalThis as { BarcodeDetector?: ReaderClass }).BarcodeDetector;
  const formats = (await own?.getSupportedFormats().catch(() => [])) ?? [];
  const Reader = own && formats.includes('qr_code')
    ? own
    : ((await import('qr/decode.js')).BarcodeDetector as ReaderClass);
  return new Reader({ formats: ['qr_code'] });
}

/** The invitation in a text or behind `#` in a link; empty: none. */
export function readInvitation(text: string): string {
  const start = text.indexOf('#') + 1;
  try {
    const code = start > 0 ? decodeURIComponent(text.slice(start)) : text.trim();
    return code.startsWith('thidua:') ? code : '';
  } catch {
    return '';
  }
}

function failureText(error: unknown): string {
  const name = error instanceof DOMException ? error.name : '';
  return say(name === 'NotAllowedError' ? 'camera-refused' : 'camera-missing');
}

/** Reads the code of a card with the camera. */
export function Camera({ found }: { found(invitation: string): void }) {
  const [isOn, setOn] = useState(false);
  const [failure, setFailure] = useState('');
  if (!navigator.mediaDevices) return null;
  const fail = (error: unknown) => {
    setOn(false);
    setFailure(failureText(error));
  };
  const take = (invitation: string) => {
    setOn(false);
    found(invitation);
  };
  return (
    <section>
      {isOn && <View found={take} fail={fail} />}
      {failure && <p role="alert" class="bad">{failure}</p>}
      <button type="button" onClick={() => { setFailure(''); setOn(!isOn); }}>
        {say(isOn ? 'camera-stop' : 'camera-start')}
      </button>
    </section>
  );
}

interface ViewProps {
  found(invitation: string): void;
  fail(error: unknown): void;
}

function View({ found, fail }: ViewProps) {
  const video = useRef<HTMLVideoElement>(null);
  const [isOther, setOther] = useState(false);
  useEffect(() => {
    let stream: MediaStream | undefined;
    let isOver = false;
    const look = async (reader: Reader, seen: HTMLVideoElement) => {
      while (!isOver) {
        const codes = await reader.detect(seen);
        if (isOver) return;
        const invitation = codes.map((code) => readInvitation(code.rawValue)).find(Boolean);
        if (invitation) return found(invitation);
        setOther(codes.length > 0);
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      }
    };
    const begin = async () => {
      const reader = await makeReader();
      const asked = { video: { facingMode: 'environment' }, audio: false };
      stream = await navigator.mediaDevices.getUserMedia(asked);
      if (isOver || !video.current) return stop();
      video.current.srcObject = stream;
      await video.current.play();
      await look(reader, video.current);
    };
    const stop = () => stream?.getTracks().forEach((track) => track.stop());
    begin().catch((error: unknown) => {
      if (!isOver) fail(error);
    });
    return () => {
      isOver = true;
      stop();
    };
  }, []);
  return (
    <>
      <video ref={video} class="camera" aria-label={say('camera-view')} muted playsInline />
      <p role="status">{say(isOther ? 'camera-other' : 'camera-aim')}</p>
    </>
  );
}
