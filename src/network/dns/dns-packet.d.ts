// The parts of the package dns-packet that Podling uses.

declare module "dns-packet" {
  export interface Question {
    name: string;
    type: string;
    class: string | number;
  }

  export interface SrvData {
    priority: number;
    weight: number;
    port: number;
    target: string;
  }

  export interface SoaData {
    mname: string;
    rname: string;
    serial: number;
    refresh: number;
    retry: number;
    expire: number;
    minimum: number;
  }

  export type Answer =
    | { type: "A" | "PTR"; name: string; ttl: number; data: string }
    | { type: "SRV"; name: string; ttl: number; data: SrvData }
    | { type: "SOA"; name: string; ttl: number; data: SoaData }
    | {
        type: "OPT";
        name: ".";
        udpPayloadSize: number;
        ednsVersion: number;
        extendedRcode: number;
        flags: number;
        options: [];
      };

  export interface Packet {
    id: number;
    type: "query" | "response";
    /** The 15 bits after QR: opcode, AA, TC, RD, RA and the code of the answer. */
    flags: number;
    questions: Question[];
    answers: Answer[];
    authorities: Answer[];
    additionals: Answer[];
  }

  /** Throws if the bytes are no message. */
  export function decode(bytes: Buffer): Packet;
  export function encode(packet: Packet): Buffer;
  export function encodingLength(packet: Packet): number;
  export const answer: { encodingLength(answer: Answer): number };
}
