// PURE: finding many words in a text in one pass (Aho and Corasick, 1975), however the text is made.
import type { Span } from "./redact.ts"

export interface Automaton {
  /** Where words stand, in order; words that overlap are one span. */
  find(text: string): Span[]
  /** How many of the text's last characters may be the beginning of a word. */
  openAt(text: string): number
}

/** One node for each beginning of a word; 0 is the empty one. */
interface Node {
  next: Map<number, number>
  /** The node of the longest other beginning that ends in the same place. */
  fail: number
  depth: number
  /** Length of the longest word that ends here; 0: none. */
  word: number
}

export function buildAutomaton(words: Iterable<string>): Automaton {
  const nodes: Node[] = [newNode(0)]
  for (const word of words) addWord(nodes, word)
  linkFails(nodes)
  const longest = nodes.reduce((most, { depth }) => Math.max(most, depth), 0)
  const at = (index: number) => nodes[index] ?? newNode(0)
  const step = (from: number, unit: number) => {
    for (let state = from; ; state = at(state).fail) {
      const next = at(state).next.get(unit)
      if (next !== undefined) return next
      if (state === 0) return 0
    }
  }
  return {
    find(text) {
      const spans: Span[] = []
      let state = 0
      for (let index = 0; index < text.length; index++) {
        state = step(state, text.charCodeAt(index))
        const { word } = at(state)
        if (word > 0) pushSpan(spans, { start: index + 1 - word, end: index + 1 })
      }
      return spans
    },
    openAt(text) {
      let state = 0
      for (let index = Math.max(0, text.length - longest); index < text.length; index++) state = step(state, text.charCodeAt(index))
      // A word that is whole and cannot grow is no beginning.
      while (state !== 0 && at(state).next.size === 0) state = at(state).fail
      return at(state).depth
    },
  }
}

function newNode(depth: number): Node {
  return { next: new Map(), fail: 0, depth, word: 0 }
}

function addWord(nodes: Node[], word: string): void {
  let node = nodes[0]
  for (let index = 0; index < word.length && node !== undefined; index++) {
    const unit = word.charCodeAt(index)
    const known = node.next.get(unit)
    if (known === undefined) {
      node.next.set(unit, nodes.length)
      node = newNode(index + 1)
      nodes.push(node)
    } else node = nodes[known]
  }
  if (node !== undefined) node.word = word.length
}

/** In order of depth: a node's fail lies less deep than the node. */
function linkFails(nodes: readonly Node[]): void {
  const queue = [0]
  for (let first = 0; first < queue.length; first++) {
    const index = queue[first] ?? 0
    const node = nodes[index]
    if (node === undefined) continue
    for (const [unit, child] of node.next) {
      const target = nodes[child]
      if (target === undefined) continue
      target.fail = index === 0 ? 0 : follow(nodes, node.fail, unit)
      target.word = Math.max(target.word, nodes[target.fail]?.word ?? 0)
      queue.push(child)
    }
  }
}

function follow(nodes: readonly Node[], from: number, unit: number): number {
  for (let state = from; ; state = nodes[state]?.fail ?? 0) {
    const next = nodes[state]?.next.get(unit)
    if (next !== undefined) return next
    if (state === 0) return 0
  }
}

/** Spans come by their ends; a new one swallows those that it overlaps. */
function pushSpan(spans: Span[], span: Span): void {
  let { start } = span
  for (let last = spans.at(-1); last !== undefined && last.end > start; last = spans.at(-1)) {
    start = Math.min(start, last.start)
    spans.pop()
  }
  spans.push({ start, end: span.end })
}
