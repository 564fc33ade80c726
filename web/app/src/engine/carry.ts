// Carries the engine's bytes to the server and back: gRPC-Web over fetch. It knows no message.

/** The status with which a call ended, as the engine takes it. */
export interface CallStatus {
  code: number;
  text: string;
  details: Uint8Array;
}

const UNAVAILABLE = 14;

function unavailable(text: string): CallStatus {
  return { code: UNAVAILABLE, text, details: new Uint8Array(0) };
}

function toFrame(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(5 + message.length);
  new DataView(frame.buffer).setUint32(1, message.length);
  frame.set(message, 5);
  return frame;
}

function fromBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return new Uint8Array(0);
  }
}

function readStatus(field: (name: string) => string | undefined): CallStatus | undefined {
  const code = field('grpc-status');
  if (code === undefined) return undefined;
  const details = field('grpc-status-details-bin');
  return {
    code: Number(code),
    text: decodeURIComponent(field('grpc-message') ?? ''),
    details: details ? fromBase64(details) : new Uint8Array(0),
  };
}

function readTrailers(bytes: Uint8Array): CallStatus | undefined {
  const fields = new Map<string, string>();
  for (const line of new TextDecoder().decode(bytes).split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return readStatus((name) => fields.get(name));
}

/** Joins the pieces of a body, and takes whole frames from it. */
class FrameReader {
  private kept = new Uint8Array(0);

  push(piece: Uint8Array): void {
    const joined = new Uint8Array(this.kept.length + piece.length);
    joined.set(this.kept);
    joined.set(piece, this.kept.length);
    this.kept = joined;
  }

  next(): { isTrailer: boolean; body: Uint8Array } | undefined {
    if (this.kept.length < 5) return undefined;
    const view = new DataView(this.kept.buffer, this.kept.byteOffset);
    const length = view.getUint32(1);
    if (this.kept.length < 5 + length) return undefined;
    const isTrailer = ((this.kept[0] ?? 0) & 0x80) !== 0;
    const body = this.kept.slice(5, 5 + length);
    this.kept = this.kept.slice(5 + length);
    return { isTrailer, body };
  }
}

/** Makes one call; `take` gets each message. A call without an answer ends with UNAVAILABLE. */
export async function call(
  method: string,
  message: Uint8Array,
  token: string | undefined,
  take: (message: Uint8Array) => void,
  signal?: AbortSignal,
): Promise<CallStatus> {
  const headers: Record<string, string> = {
    'content-type': 'application/grpc-web+proto',
    'x-grpc-web': '1',
    'accept-language': navigator.language,
  };
  if (token) headers['authorization'] = `Bearer ${token}`;
  try {
    const body = toFrame(message);
    const request: RequestInit = { method: 'POST', headers, body, cache: 'no-store' };
    if (signal) request.signal = signal;
    const answer = await fetch(`/thidua.v1.${method}`, request);
    let status = readStatus((name) => answer.headers.get(name) ?? undefined);
    const reader = answer.body?.getReader();
    const frames = new FrameReader();
    while (reader) {
      const { done, value } = await reader.read();
      if (done) break;
      frames.push(value);
      for (let frame = frames.next(); frame; frame = frames.next()) {
        if (frame.isTrailer) status = readTrailers(frame.body) ?? status;
        else take(frame.body);
      }
    }
    return status ?? unavailable(`HTTP ${answer.status}`);
  } catch (error) {
    return unavailable(String(error));
  }
}

/** Makes a call with one answer. */
export async function unary(
  method: string,
  message: Uint8Array,
  token?: string,
): Promise<{ answer: Uint8Array; status: CallStatus }> {
  let answer: Uint8Array = new Uint8Array(0);
  const status = await call(method, message, token, (body) => {
    answer = body;
  });
  return { answer, status };
}
