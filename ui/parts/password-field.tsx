import type { JSX } from "solid-js"
import Dices from "lucide-solid/icons/dices"
import { Button } from "../kit/button.tsx"
import { TextField } from "../kit/text-field.tsx"

export const PASSWORD_LENGTH = 10
/** Without letters and digits that look alike: it is read out and typed. */
const ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
const GENERATED = { groups: 4, letters: 5 } as const

/** A password for somebody else: in sight, because it is handed over. */
export function HandedPasswordField(props: {
  label: string
  value: string
  onInput: (password: string) => void
  error: string | null
}): JSX.Element {
  return (
    <>
      <TextField
        label={props.label}
        code
        required
        autocomplete="off"
        spellcheck={false}
        hint={`At least ${PASSWORD_LENGTH} characters. Hand it over yourself: nobody is written to.`}
        value={props.value}
        onInput={props.onInput}
        error={props.error}
      />
      <div class="row">
        <Button size="s" icon={Dices} onClick={() => props.onInput(makeUp())}>
          Make one up
        </Button>
      </div>
    </>
  )
}

/** Some 99 bits; the bytes beyond a whole number of alphabets are thrown away, so that every letter is as likely. */
function makeUp(): string {
  const wanted = GENERATED.groups * GENERATED.letters
  const fair = 256 - (256 % ALPHABET.length)
  const letters: string[] = []
  while (letters.length < wanted)
    for (const byte of crypto.getRandomValues(new Uint8Array(64))) if (byte < fair) letters.push(ALPHABET[byte % ALPHABET.length] ?? "")
  const group = (at: number) => letters.slice(at * GENERATED.letters, (at + 1) * GENERATED.letters).join("")
  return Array.from({ length: GENERATED.groups }, (_, at) => group(at)).join("-")
}
