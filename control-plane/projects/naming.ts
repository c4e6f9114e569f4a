// PURE: what a project's name becomes in addresses and ticket keys.

/** `Web shop!` → `web-shop`; never empty. */
export function slugOf(name: string): string {
  const slug = name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\p{M}+/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40)
    .replace(/-+$/, "")
  return slug || "project"
}

/** Numbers that are tried for a slug before it ends in something that nobody else can have. */
const NUMBERED = 200

/** `base`, `base-2`, `base-3` … for the project with this id: the first that nobody has is taken; the last is free for certain. */
export function slugCandidates(base: string, id: string): string[] {
  const numbered = Array.from({ length: NUMBERED - 1 }, (_, index) => `${base}-${index + 2}`)
  return [base, ...numbered, `${base}-${id.slice(id.indexOf("_") + 1)}`]
}

const CAPITALS = Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZ")

/** Keys of two to five capitals for this name, the most telling first: initials of several words, the head of a single one. */
export function keyCandidates(name: string): string[] {
  const words = name
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toUpperCase()
    .split(/[^A-Z]+/)
    .filter(Boolean)
  const letters = words.join("").length > 1 ? words.join("") : `${words.join("")}PRJ`.slice(0, 3)
  const initials = words.length > 1 ? words.map((word) => word.slice(0, 1)).join("") : ""
  const heads = [initials.slice(0, 5), ...[3, 4, 5, 2].map((length) => letters.slice(0, length))]
  const stem = letters.slice(0, 3)
  const tails = CAPITALS.flatMap((first) => [first, ...CAPITALS.map((second) => first + second)])
  const all = [...heads, ...tails.toSorted((a, b) => a.length - b.length).map((tail) => stem + tail)]
  return [...new Set(all.filter((key) => /^[A-Z]{2,5}$/.test(key)))]
}
