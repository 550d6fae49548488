// Messages of DNS as bytes: reading a query, and writing the answer so that it fits. What a message means is decided elsewhere.

import { type Answer, answer as answerCodec, decode, encode, encodingLength, type Packet } from "dns-packet";
import type { DnsAnswer } from "./answer.ts";

export const headerBytes = 12;
/** What every client takes over UDP. */
const plainUdpBytes = 512;
/** What passes every network in one packet. */
const ednsUdpBytes = 1_232;
export const tcpBytes = 65_535;

const authoritative = 1 << 10;
const truncated = 1 << 9;
const recursionDesired = 1 << 8;
const recursionAvailable = 1 << 7;
const opcodeBits = 0x7800;

const codes = { ok: 0, malformed: 1, failed: 2, "no such name": 3, "not implemented": 4, refused: 5 } as const;
export type DnsCode = keyof typeof codes;

export interface Query {
  readonly packet: Packet;
  /** The name without a dot at its end. */
  readonly name: string;
  readonly type: string;
  /** Bytes that an answer over UDP may have. */
  readonly udpBytes: number;
  readonly hasEdns: boolean;
}

export type Read =
  | { kind: "query"; query: Query }
  /** It is answered with a code. */
  | { kind: "refused"; packet: Packet; code: DnsCode; extendedCode: number }
  /** It is no query, or too broken to answer. */
  | { kind: "ignored" };

export function readQuery(bytes: Buffer): Read {
  // An answer to an answer would never end.
  if (bytes.length < headerBytes || (bytes[2]! & 0x80) !== 0) return { kind: "ignored" };
  let packet: Packet;
  try {
    packet = decode(bytes);
  } catch {
    return refuse(emptyPacket(bytes.readUInt16BE(0), bytes.readUInt16BE(2)), "malformed");
  }
  if ((packet.flags & opcodeBits) !== 0) return refuse(packet, "not implemented");
  const [question] = packet.questions;
  if (packet.questions.length !== 1 || question === undefined) return refuse(packet, "malformed");
  if (question.class !== "IN" && question.class !== "ANY") return refuse(packet, "refused");
  const edns = packet.additionals.find((one) => one.type === "OPT");
  if (edns && edns.ednsVersion !== 0) return { kind: "refused", packet, code: "ok", extendedCode: 1 };
  const udpBytes = edns ? Math.min(Math.max(edns.udpPayloadSize, plainUdpBytes), ednsUdpBytes) : plainUdpBytes;
  const name = question.name.endsWith(".") ? question.name.slice(0, -1) : question.name;
  return { kind: "query", query: { packet, name, type: question.type, udpBytes, hasEdns: edns !== undefined } };
}

function refuse(packet: Packet, code: DnsCode): Read {
  return { kind: "refused", packet, code, extendedCode: 0 };
}

function emptyPacket(id: number, flags: number): Packet {
  return { id, type: "query", flags: flags & 0x7fff, questions: [], answers: [], authorities: [], additionals: [] };
}

/** An answer with a code and no records. `extendedCode`: the upper bits, which only EDNS has. */
export function writeCode(packet: Packet, code: DnsCode, extendedCode = 0): Buffer {
  const hasEdns = packet.additionals.some((one) => one.type === "OPT");
  return encode({
    ...responseTo(packet, codes[code], false),
    additionals: hasEdns ? [ednsRecord(extendedCode)] : [],
  });
}

/** An answer of at most `limitBytes`: what is left out over UDP, a client asks for over TCP. */
export function writeAnswer({ packet, hasEdns }: Query, answer: DnsAnswer, limitBytes: number): Buffer {
  const response = responseTo(packet, codes[answer.code], true);
  const edns = hasEdns ? [ednsRecord(0)] : [];
  const whole: Packet = {
    ...response,
    answers: [...answer.answers],
    authorities: [...answer.authorities],
    additionals: [...answer.additionals, ...edns],
  };
  if (encodingLength(whole) <= limitBytes) return encode(whole);
  // Addresses of targets are a help that a client can do without.
  const plain: Packet = { ...whole, additionals: edns };
  if (encodingLength(plain) <= limitBytes) return encode(plain);
  const bare: Packet = { ...plain, answers: [], authorities: [] };
  const answers = fitting(answer.answers, limitBytes - encodingLength(bare));
  return encode({ ...bare, answers, flags: bare.flags | truncated });
}

function fitting(answers: readonly Answer[], bytes: number): Answer[] {
  let left = bytes;
  const end = answers.findIndex((one) => {
    left -= answerCodec.encodingLength(one);
    return left < 0;
  });
  return answers.slice(0, end === -1 ? answers.length : end);
}

function responseTo({ id, flags, questions }: Packet, code: number, isOurs: boolean): Packet {
  const kept = flags & (recursionDesired | opcodeBits);
  return {
    id,
    type: "response",
    flags: kept | recursionAvailable | (isOurs ? authoritative : 0) | code,
    questions,
    answers: [],
    authorities: [],
    additionals: [],
  };
}

function ednsRecord(extendedRcode: number): Answer {
  return { type: "OPT", name: ".", udpPayloadSize: ednsUdpBytes, ednsVersion: 0, extendedRcode, flags: 0, options: [] };
}
