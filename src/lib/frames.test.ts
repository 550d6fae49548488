// Frames are read however a body is cut, and a body that is not in frames, or ends early, says so.

import { expect, test } from "bun:test";
import { concatenate, emptyFrame, errorFrame, FrameSplitter, frameOf, readFrames, StreamEndedEarly } from "./frames.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const one = frameOf("stdout", bytes("one\n"));
const two = frameOf("stderr", bytes("two\n"));

test("frames are whole, whatever the chunks are", () => {
  const whole = concatenate([one, emptyFrame(), two]);
  for (const size of [1, 3, 8, 11, 100]) {
    const splitter = new FrameSplitter();
    const found: Uint8Array[] = [];
    for (let at = 0; at < whole.length; at += size) found.push(...splitter.push(whole.subarray(at, at + size)));
    expect(found.map((frame) => [...frame])).toEqual([[...one], [...emptyFrame()], [...two]]);
    splitter.end();
  }
});

test("a body that is not in frames, or ends within one, is an error, after the frames before it", async () => {
  expect(() => new FrameSplitter().push(bytes("plain text, no frames"))).toThrow("not in frames");
  const splitter = new FrameSplitter();
  expect(splitter.push(concatenate([one, bytes("plain text")]))).toHaveLength(1);
  expect(() => splitter.push(bytes("more"))).toThrow("not in frames");
  expect(() => splitter.end()).toThrow("not in frames");
  const cut = new FrameSplitter();
  expect(cut.push(two.subarray(0, 10))).toEqual([]);
  expect(() => cut.end()).toThrow("ends within a frame");
});

test("the reason of an early end is thrown, after the frames before it", async () => {
  const body = new Blob([one, errorFrame("the disk is gone\n"), two]).stream() as ReadableStream<Uint8Array>;
  const read: string[] = [];
  const reading = (async () => {
    for await (const { payload } of readFrames(body)) read.push(new TextDecoder().decode(payload));
  })();
  await expect(reading).rejects.toThrow(new StreamEndedEarly("the disk is gone"));
  expect(read).toEqual(["one\n"]);
  await expect(Array.fromAsync(readFrames(new Blob([errorFrame("")]).stream() as never))).rejects.toThrow(
    "no reason was given",
  );
});
