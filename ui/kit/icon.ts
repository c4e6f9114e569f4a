import type { LucideProps } from "lucide-solid"
import type { JSX } from "solid-js"

/** An icon of the one icon set; always beside a word or under a label. */
export type Icon = (props: LucideProps) => JSX.Element
