/** All bytes of a stream; null for what is longer than it may be: nobody waits for the rest. */
export async function readLimited(parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, limitBytes: number): Promise<Buffer | null> {
  const held: Uint8Array[] = []
  let size = 0
  for await (const part of parts) {
    size += part.byteLength
    if (size > limitBytes) return null
    held.push(part)
  }
  return Buffer.concat(held)
}
