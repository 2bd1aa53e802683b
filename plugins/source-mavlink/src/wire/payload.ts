/** Reads what stands in payloads. */
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

  /** Single numbers of any message, by their place in the payload; what was cut off is 0. */
  uint8(frame: FrameParser, at: number): number {
    return at < frame.payloadLength ? frame.bytes[frame.payload + at] : 0;
  }

  uint16(frame: FrameParser, at: number): number {
    return this.uint8(frame, at) | (this.uint8(frame, at + 1) << 8);
  }

  int32(frame: FrameParser, at: number): number {
    if (at + 4 <= frame.payloadLength) return frame.view.getInt32(frame.payload + at, true);
    return this.uint16(frame, at) | (this.uint16(frame, at + 2) << 16);
  }

  uint32(frame: FrameParser, at: number): number {
    return this.int32(frame, at) >>> 0;
  }

  float(frame: FrameParser, at: number): number {
    this.view.setInt32(0, this.int32(frame, at), true);
    return this.view.getFloat32(0, true);
  }

  /** Characters up to the first NUL. */
  characters(frame: FrameParser, at: number, length: number): string {
    let text = '';
    for (let i = at; i < at + length; i++) {
      const byte = this.uint8(frame, i);
      if (byte === 0) break;
      text += String.fromCharCode(byte);
    }
    return text;
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
