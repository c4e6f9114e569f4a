// PURE: the data of server-sent events, out of text that is cut anywhere.

/** An event of more characters is not read; no provider sends one. */
const LONGEST = 16 * 1024 * 1024

export interface EventReader {
  push(text: string): void
  end(): void
  /** An event was too long to be read. */
  overlong(): boolean
}

/** Calls `onData` with the data of each event. Lines end with \n or \r\n; the lone \r of the standard is used by nobody. */
export function readEvents(onData: (data: string) => void): EventReader {
  // Pieces of an unfinished line: joined once, so that a long line in many pieces does not cost their square.
  let pieces: string[] = []
  let data: string[] = []
  let size = 0
  let overlong = false
  const dispatch = () => {
    if (data.length > 0) onData(data.join("\n"))
    data = []
    size = 0
  }
  const endLine = () => {
    const line = pieces.join("").replace(/\r$/, "")
    pieces = []
    if (line === "") dispatch()
    else if (line.startsWith("data:")) data.push(line.slice(line.charAt(5) === " " ? 6 : 5))
  }
  const take = (piece: string) => {
    size += piece.length
    if (size <= LONGEST) return void pieces.push(piece)
    overlong = true
    pieces = []
    data = []
  }
  return {
    push(text) {
      let from = 0
      for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
        take(text.slice(from, end))
        endLine()
        from = end + 1
      }
      if (from < text.length) take(text.slice(from))
    },
    end() {
      if (pieces.length > 0) endLine()
      dispatch()
    },
    overlong: () => overlong,
  }
}
