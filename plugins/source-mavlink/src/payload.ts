import type { Decoder, TextField } from './decoder.js';
import type { FrameParser } from './frames.js';

const FULL = 255;

/** Reads the payloads of a parser's frames. MAVLink 2 cuts zeros off the end of a payload; they are put back before reading. */
export class PayloadReader {
  private readonly bytes = new Uint8Array(FULL);
  private readonly view = new DataView(this.bytes.buffer);

  /** The numbers of the parser's frame, which must be of the decoder's message. */
  numbers(frame: FrameParser, decoder: Decoder): Record<string, number> {
    const extended = frame.version === 2;
    if (frame.payloadLength >= decoder.definition.PAYLOAD_LENGTH) return decoder.decode(frame.view, frame.payload, extended);
    this.restore(frame, decoder);
    return decoder.decode(this.view, 0, extended);
  }

  /** Its texts, by name. */
  texts(frame: FrameParser, decoder: Decoder): Record<string, string> {
    this.restore(frame, decoder);
    const texts: Record<string, string> = {};
    for (const field of decoder.texts) texts[field.name] = this.text(field);
    return texts;
  }

  private restore(frame: FrameParser, { definition }: Decoder): void {
    const { bytes } = this;
    const length = Math.min(frame.payloadLength, definition.PAYLOAD_LENGTH);
    for (let i = 0; i < length; i++) bytes[i] = frame.bytes[frame.payload + i];
    bytes.fill(0, length, definition.PAYLOAD_LENGTH);
  }

  /** Bytes up to the first NUL, as Latin-1: MAVLink promises no more than ASCII. */
  private text({ offset, length }: TextField): string {
    let text = '';
    for (let i = offset; i < offset + length && this.bytes[i] !== 0; i++) text += String.fromCharCode(this.bytes[i]);
    return text;
  }
}
