// The image of the container that holds the network of others: an archive with one program of less than 150 bytes, made here
// byte by byte. Its only program waits for a signal and does nothing else. Pure.

const headerBytes = 64;
const segmentBytes = 56;
const loadAddress = 0x400000n;

interface Program {
  /** The number of the machine in an ELF header. */
  readonly machine: number;
  readonly code: readonly number[];
}

const programs: Readonly<Record<string, Program>> = {
  // push 34 (pause); pop rax; syscall; jump back to the start
  amd64: { machine: 62, code: [0x6a, 0x22, 0x58, 0x0f, 0x05, 0xeb, 0xf9] },
  // x0 to x4 = 0; x8 = 73 (ppoll without an end); svc 0; branch back to the start
  arm64: {
    machine: 183,
    code: [
      ...[0x00, 0x00, 0x80, 0xd2, 0x01, 0x00, 0x80, 0xd2, 0x02, 0x00, 0x80, 0xd2, 0x03, 0x00, 0x80, 0xd2],
      ...[0x04, 0x00, 0x80, 0xd2, 0x28, 0x09, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4, 0xf9, 0xff, 0xff, 0x17],
    ],
  },
};

/** A tar archive with the program /pause. Null for an architecture for which there is none. */
export function sandboxArchive(arch: string): Uint8Array | null {
  const program = programs[arch];
  return program ? archiveOf("pause", executable(program)) : null;
}

/** An ELF file of one segment, which holds headers and code. */
function executable({ machine, code }: Program): Uint8Array {
  const size = headerBytes + segmentBytes + code.length;
  const file = new Uint8Array(size);
  const view = new DataView(file.buffer);
  const little = true;
  // 64 bits, little-endian, version 1.
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, little); // an executable
  view.setUint16(18, machine, little);
  view.setUint32(20, 1, little);
  view.setBigUint64(24, loadAddress + BigInt(headerBytes + segmentBytes), little); // where it begins
  view.setBigUint64(32, BigInt(headerBytes), little); // where the segments are described
  view.setUint16(52, headerBytes, little);
  view.setUint16(54, segmentBytes, little);
  view.setUint16(56, 1, little); // one segment
  const at = headerBytes;
  view.setUint32(at, 1, little); // it is loaded
  view.setUint32(at + 4, 5, little); // readable and executable
  view.setBigUint64(at + 16, loadAddress, little);
  view.setBigUint64(at + 24, loadAddress, little);
  view.setBigUint64(at + 32, BigInt(size), little);
  view.setBigUint64(at + 40, BigInt(size), little);
  view.setBigUint64(at + 48, 0x10000n, little); // pages of up to 64 KiB
  file.set(code, headerBytes + segmentBytes);
  return file;
}

const block = 512;

/** A tar archive of one executable file. */
function archiveOf(name: string, content: Uint8Array): Uint8Array {
  const archive = new Uint8Array(block + Math.ceil(content.length / block) * block + 2 * block);
  const text = (at: number, value: string) => archive.set(new TextEncoder().encode(value), at);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
  text(0, name);
  text(100, octal(0o755, 7));
  text(108, octal(0, 7));
  text(116, octal(0, 7));
  text(124, octal(content.length, 11));
  text(136, octal(0, 11));
  text(148, " ".repeat(8));
  text(156, "0");
  text(257, "ustar\x0000");
  text(
    148,
    `${octal(
      archive.subarray(0, block).reduce((sum, byte) => sum + byte, 0),
      6,
    )} `,
  );
  archive.set(content, block);
  return archive;
}
